import { listDisplaced, recoverWorktree } from "@retake/txfs";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { recoverDocument } from "../json/recover-document.ts";
import { findWorkspace } from "../open-workspace.ts";
import { displacedLines } from "../terminal/displaced-lines.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { tellLockWait } from "../terminal/tell-lock-wait.ts";
import type { Verb } from "../verb.ts";

/** Makes `retake recover`: finishes commits that were cut off. Every other verb does so too before it begins. */
export const recoverVerb: Verb = (host) => {
	const command = new Command("recover")
		.summary("finish commits that were cut off")
		.description(
			"Finishes commits that were cut off and discards those that had not been made; lists what commits found in their way and kept. eval, run and commit recover before they begin.",
		);
	addWorkspaceFlags(command);
	return command.action((flags: WorkspaceFlags) =>
		host.run(flags, recoverDocument, async ({ edges }) => {
			const workspace = findWorkspace(flags.workspace, edges.workingDirectory);
			const report = await recoverWorktree(workspace, { onLockWait: tellLockWait(edges) });
			const displaced = listDisplaced(workspace);
			const rolledForward = report.rolledForward.map(({ commitId, changes }) => ({
				commitId,
				paths: changes.map((change) => change.path),
			}));
			return {
				exitCode: exitCodes.done,
				document: {
					rolledForward,
					displaced: displaced.map(({ commitId, keptAt }) => ({ commitId, keptAt: [...keptAt] })),
					discarded: [...report.discarded],
				},
				lines: [
					...rolledForward.map(
						({ commitId, paths }) =>
							`finished commit ${escapeText(commitId)}: ${formatCount(paths.length, "path")} in place`,
					),
					...report.discarded.map((commitId) => `discarded commit ${escapeText(commitId)}: it had not been made`),
					...(rolledForward.length + report.discarded.length === 0 ? ["nothing to recover"] : []),
					...displacedLines(displaced),
				],
			};
		}),
	);
};
