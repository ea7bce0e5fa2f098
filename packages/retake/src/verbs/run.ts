import { findRisks } from "@retake/changeset";
import {
	type Base,
	type CommandProgram,
	type CommitReport,
	commandVerdict,
	encodeCommandProgram,
	type Runtime,
	type RunVerdict,
	runCommand,
	type Session,
} from "@retake/runtime";
import { Command, Option } from "commander";
import type { Edges } from "../edges/edges.ts";
import { exitCodes } from "../exit-code.ts";
import { addHttpFlags, type HttpFlags, httpRecording } from "../flags/http-flags.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addSandboxFlags, type SandboxFlags } from "../flags/sandbox-flags.ts";
import { addSnapshotFlags, type SnapshotFlags } from "../flags/snapshot-flags.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { committedOf } from "../json/committed-of.ts";
import { runDocument } from "../json/run-document.ts";
import { openWorkspace, placeInWorkspace } from "../open-workspace.ts";
import { snapshotView } from "../run/snapshot-view.ts";
import { streamOutput } from "../run/stream-output.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { submoduleLines } from "../terminal/submodule-lines.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import { commandLine } from "../trace/describe-call.ts";
import { riskLines } from "../trace/run-risks.ts";
import type { Verb } from "../verb.ts";

interface RunFlags extends WorkspaceFlags, SandboxFlags, SnapshotFlags, HttpFlags {
	readonly base?: string;
	readonly commit?: boolean;
	readonly rollback?: boolean;
	readonly keep?: boolean;
}

const examples = `
Examples:
  retake run -- npm test
  retake run --commit -- sh -c 'npx prettier --write src'
  retake run --record-http -- node agent.js

Exit codes: 0 the command exited with 0, 1 it did not (its own code is printed),
2 usage, 3 infrastructure, 5 conflict (nothing written), 130 interrupted.`;

/** Makes `retake run`: runs one command in a sandbox on a copy of the workspace, and keeps, commits or drops its changes. */
export const runVerb: Verb = (host) => {
	const command = new Command("run")
		.summary("run a command in a sandbox, on a copy of the workspace")
		.description(
			"Runs a command in a sandbox, on a copy of the workspace, from the directory in it where you are. Its changes are kept " +
				"in the store until decided.",
		)
		.usage("[options] -- <command...>")
		.argument("<command...>", "the command and its arguments, after --")
		.addOption(
			new Option("--commit", "put the changes into the working tree where the command exits with 0").conflicts([
				"rollback",
				"keep",
			]),
		)
		.addOption(new Option("--rollback", "drop the changes").conflicts(["commit", "keep"]))
		.addOption(new Option("--keep", "keep the changes in the store (the default)"))
		.option("--base <worktree|ref>", "what the command starts from (default: worktree)");
	addWorkspaceFlags(addSandboxFlags(addSnapshotFlags(addHttpFlags(command)))).addHelpText("after", examples);
	return command.action((argv: string[], flags: RunFlags) =>
		host.run(flags, runDocument, async ({ edges, json }) => {
			const http = await httpRecording(flags, edges);
			await using runtime = await openWorkspace(edges, flags, {}, http?.secrets);
			const base = await freezeShown(runtime, flags.base ?? "worktree", edges, json);
			const cwd = placeInWorkspace(flags.workspace, edges.workingDirectory);
			const program: CommandProgram = {
				kind: "command",
				argv,
				...(cwd === null ? {} : { cwd }),
				...http?.program,
			};
			await using session = await runtime.startSession({
				base,
				kind: "command",
				title: commandLine(argv),
				program: encodeCommandProgram(program),
				...(http === null ? {} : { door: http.door }),
			});
			const streamer = json ? null : streamOutput(edges);
			const work = () =>
				runCommand(session, program, {
					signal: edges.interrupted,
					...(streamer === null ? {} : { onChunk: streamer.onChunk }),
				});
			const { value: output, refusals } =
				http === null ? { value: await work(), refusals: [] } : await http.around(session, work);
			streamer?.end();
			edges.interrupted.throwIfAborted();
			const changes = session.changes().changes;
			const risks = [...findRisks(session.changes(), runtime.store.blobs)];
			const decision = await decide(session, flags, commandVerdict(output));
			const { exitCode, signal, timedOut, outOfMemory, stdout, stderr, droppedBytes } = output;
			const dropped = droppedBytes.stdout + droppedBytes.stderr;
			const failed = exitCode !== 0;
			const pending = decision.report?.kind === "worktree" && decision.report.recoveryPending;
			return {
				exitCode: failed ? exitCodes.negative : pending ? exitCodes.infrastructure : exitCodes.done,
				document: {
					runId: session.runId,
					exitCode,
					signal,
					timedOut,
					outOfMemory,
					stdout: textOfBytes(stdout),
					stderr: textOfBytes(stderr),
					droppedBytes: { ...droppedBytes },
					changedPaths: changes.map((change) => change.path),
					risks,
					submodules: [...base.submodules],
					outcome: decision.outcome,
					committed: decision.report === null ? null : committedOf(decision.report),
				},
				lines: [],
				notes: [
					...submoduleLines(base.submodules),
					...(dropped === 0 ? [] : [`retake: ${formatCount(dropped, "byte")} of output beyond the limit were dropped`]),
					...refusals.map((refusal) => `retake: a request was refused: ${escapeText(refusal)}`),
					...(pending ? ["retake: not every path is in place yet:", `  ${nextCommand(flags, "recover")}`] : []),
					`retake: ${commandVerdict(output).verdict}, ${formatCount(changes.length, "path")} changed, ${decision.outcome} (run ${session.runId})`,
					...riskLines(risks),
					...(failed || changes.length > 0 ? nextCommands(session.runId, flags, decision.outcome, failed) : []),
				],
			};
		}),
	);
};

async function freezeShown(runtime: Runtime, asked: string, edges: Edges, json: boolean): Promise<Base> {
	using view = snapshotView(edges, json);
	return await runtime.freeze(asked, { signal: edges.interrupted, onProgress: view.onProgress });
}

interface Decision {
	readonly outcome: "kept" | "committed" | "rolled-back";
	readonly report: CommitReport | null;
}

/** A command that failed is never committed: what it left behind is not what was asked for. */
async function decide(session: Session, flags: RunFlags, verdict: RunVerdict): Promise<Decision> {
	if (flags.rollback === true) {
		await session.rollback(verdict);
		return { outcome: "rolled-back", report: null };
	}
	if (flags.commit === true && !verdict.failed) {
		return { outcome: "committed", report: await session.commit({ kind: "worktree" }, verdict) };
	}
	await session.keep(verdict);
	return { outcome: "kept", report: null };
}

function nextCommands(runId: string, flags: RunFlags, outcome: Decision["outcome"], failed: boolean): string[] {
	if (failed) return [`  ${nextCommand(flags, "show", runId, "0")}`];
	if (outcome !== "kept") return [];
	return [
		["changes", runId, "--patch"],
		["commit", runId],
		["rollback", runId],
	].map((words) => `  ${nextCommand(flags, ...words)}`);
}
