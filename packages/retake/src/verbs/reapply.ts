import { reapplyRun } from "@retake/evaluator";
import { addressKey } from "@retake/recorder";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addSandboxFlags, type SandboxFlags } from "../flags/sandbox-flags.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { reapplyDocument } from "../json/reapply-document.ts";
import { openWorkspace } from "../open-workspace.ts";
import { formatCount } from "../terminal/format.ts";
import { outcomeDifferenceLines } from "../trace/outcome-difference-lines.ts";
import type { Verb } from "../verb.ts";

interface ReapplyFlags extends WorkspaceFlags, SandboxFlags {
	readonly base?: string;
	readonly keepGoing?: boolean;
}

const examples = `
Examples:
  retake reapply 01ab
  retake reapply 01ab --base main --keep-going
  retake reapply 01ab --workspace ../other --store .retake

Exit codes: 0 every call came out as recorded, 1 one did not, 2 usage,
3 infrastructure, 130 interrupted.`;

/** Makes `retake reapply`: executes what a recorded run did on the workspace as it is now. */
export const reapplyVerb: Verb = (host) => {
	const command = new Command("reapply")
		.summary("execute a run's actions again, on another base")
		.description(
			"Executes the calls of a recorded run again, in a fresh sandbox on the workspace as it is now or on a commit, and compares " +
				"each result with the record. It stops at the first that differs and drops the changes; with --keep-going it reports all of them.",
		)
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.option("--base <worktree|ref>", "what the calls are executed on (default: worktree)")
		.option("--keep-going", "go on after a call that came out otherwise, and keep the changes");
	addWorkspaceFlags(addSandboxFlags(command)).addHelpText("after", examples);
	return command.action((name: string, flags: ReapplyFlags) =>
		host.run(flags, reapplyDocument, async ({ edges, paint, columns }) => {
			await using runtime = await openWorkspace(edges, flags);
			const run = runtime.store.runs.resolve(name);
			const { runId, of, calls, executed, skipped, differences, changes, state } = await reapplyRun(runtime, run, {
				keepGoing: flags.keepGoing === true,
				signal: edges.interrupted,
				...(flags.base === undefined ? {} : { base: flags.base }),
			});
			const same = differences.length === 0;
			const words = same
				? `executed ${formatCount(executed, "call")}: each came out as recorded`
				: `executed ${executed} of ${formatCount(calls, "call")}, ${formatCount(differences.length, "difference")}`;
			const next = state === "kept" && changes.changes.length > 0 ? ["changes", runId, "--patch"] : ["diff", of, runId];
			return {
				exitCode: same ? exitCodes.done : exitCodes.negative,
				document: {
					runId,
					of,
					calls,
					executed,
					skipped: skipped.map(addressKey),
					differences: differences.map(({ address, ...each }) => ({ address: addressKey(address), ...each })),
					changedPaths: changes.changes.map(({ path }) => path),
					outcome: state,
				},
				lines: [
					`run ${runId}, the actions of ${of}`,
					same ? paint.green(words) : paint.red(words),
					...(skipped.length === 0
						? []
						: [
								`${formatCount(skipped.length, "call")} not executed, cancelled then: ${skipped.map(addressKey).join(" ")}`,
							]),
					...differences.flatMap((each) => outcomeDifferenceLines(each, columns, paint)),
					`${formatCount(changes.changes.length, "path")} changed, ${state}`,
					`  ${nextCommand(flags, ...next)}`,
				],
			};
		}),
	);
};
