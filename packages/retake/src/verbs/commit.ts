import { RetakeError } from "@retake/base";
import type { CommitReport, CommitTarget } from "@retake/runtime";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { commitTarget } from "../flags/commit-target.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { commitDocument } from "../json/commit-document.ts";
import { committedOf } from "../json/committed-of.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import type { Verb } from "../verb.ts";

interface CommitFlags extends WorkspaceFlags {
	readonly to?: string;
	readonly merge?: boolean;
	readonly message?: string;
	readonly overwrite?: boolean;
}

const examples = `
Examples:
  retake commit @last
  retake commit 01ab --to branch:fix --message 'Bound the search'
  retake commit 01ab --to patch:fix.patch

Exit codes: 0 committed, 2 usage, 3 infrastructure, 5 conflict, nothing written.`;

/** Makes `retake commit`: puts a kept run's changes into the working tree, onto a branch or into a patch file, all or nothing. */
export const commitVerb: Verb = (host) => {
	const command = new Command("commit")
		.summary("put a kept run's changes into the working tree, a branch or a patch file")
		.description("Commits a kept run's changes, all or nothing. What has changed since the base is never overwritten.")
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.option("--to <target>", "worktree, branch:NAME or patch:FILE (default: worktree)")
		.option("--merge", "merge with what has changed in the working tree since, where that is clean")
		.option("--message <text>", "message of the branch's commit")
		.option("--overwrite", "replace the patch file where it is there already");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((name: string, flags: CommitFlags) =>
		host.run(flags, commitDocument, async ({ edges, paint }) => {
			const target = targetOf(flags, edges.workingDirectory);
			await using runtime = await openRecords(edges, flags);
			const run = runtime.store.runs.resolve(name);
			const report = await runtime.commitRun(run, target);
			const pending = report.kind === "worktree" && report.recoveryPending;
			return {
				exitCode: pending ? exitCodes.infrastructure : exitCodes.done,
				document: {
					runId: run.runId,
					outcome: pending ? ("committed-recovery-pending" as const) : ("committed" as const),
					committed: committedOf(report),
				},
				lines: [
					paint.green(`committed run ${run.runId} to ${whereTo(report)}`),
					...(pending ? ["not every path is in place yet:", `  ${nextCommand(flags, "recover")}`] : []),
				],
			};
		}),
	);
};

function targetOf(flags: CommitFlags, directory: string): CommitTarget {
	const { to = "worktree", merge = false, message, overwrite = false } = flags;
	const target = commitTarget(to, { option: "--to", directory, overwrite });
	if (target.kind === "none")
		throw wrongFlags("--to none commits nothing", "write --to worktree, --to branch:NAME or --to patch:FILE");
	if (message !== undefined && target.kind !== "branch")
		throw wrongFlags("--message needs a branch", "add --to branch:NAME");
	if (target.kind === "worktree") return { kind: "worktree", onDrift: merge ? "merge" : "refuse" };
	if (merge) throw wrongFlags("--merge is for the working tree", "leave out --merge, or write --to worktree");
	if (target.kind === "patch") return target;
	return { kind: "branch", branch: target.branch, ...(message === undefined ? {} : { message }) };
}

function wrongFlags(problem: string, remedy: string): RetakeError {
	return new RetakeError("USAGE", problem, { sort: "misuse", remedy });
}

function whereTo(report: CommitReport): string {
	if (report.kind === "branch") return `branch ${escapeText(report.branch)} as ${report.oid.slice(0, 12)}`;
	if (report.kind === "patch") return `${escapeText(report.file)} (${formatCount(report.bytes, "byte")})`;
	return `the working tree (${formatCount(report.paths.length, "path")})`;
}
