import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { rollbackDocument } from "../json/rollback-document.ts";
import { openRecords } from "../open-workspace.ts";
import type { Verb } from "../verb.ts";

/** Makes `retake rollback`: decides that a kept run's changes are dropped; its record stays. */
export const rollbackVerb: Verb = (host) => {
	const command = new Command("rollback")
		.summary("drop a kept run's changes; its record stays")
		.description("Decides that a kept run's changes are dropped. The record stays and can be replayed.")
		.argument("<run>", "id, unique prefix, @last or @last-failed");
	addWorkspaceFlags(command);
	return command.action((name: string, flags: WorkspaceFlags) =>
		host.run(flags, rollbackDocument, async ({ edges }) => {
			await using runtime = await openRecords(edges, flags);
			const run = runtime.store.runs.resolve(name);
			runtime.rollbackRun(run);
			const document = { runId: run.runId, outcome: "rolled-back" } as const;
			return { exitCode: exitCodes.done, document, lines: [`rolled back run ${run.runId}; its record stays`] };
		}),
	);
};
