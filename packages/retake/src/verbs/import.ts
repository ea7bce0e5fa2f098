import { resolve } from "node:path";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { readTapeFile } from "../export/tape-file.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { importDocument } from "../json/import-document.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import type { Verb } from "../verb.ts";

const examples = `
Examples:
  retake import failed.retake
  retake replay @last-failed

Exit codes: 0 taken in, 2 usage, 3 infrastructure or a damaged file, 4 the record was changed.`;

/** Makes `retake import`: takes the runs of a file in that `retake export` wrote. */
export const importVerb: Verb = (host) => {
	const command = new Command("import")
		.summary("take in the runs of a file that retake export wrote")
		.description(
			"Takes in every run of a file, all or none: each event is checked against the run's hash chain, and each content against its hash.",
		)
		.argument("<file>", "a file in the format retake");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((path: string, flags: WorkspaceFlags) =>
		host.run(flags, importDocument, async ({ edges }) => {
			const file = resolve(edges.workingDirectory, path);
			await using runtime = await openRecords(edges, flags);
			const runs = readTapeFile(file, runtime.store, edges.clock);
			const [first] = runs;
			return {
				exitCode: exitCodes.done,
				document: {
					file,
					runs: runs.map(({ run, outcome }) => ({ runId: run.runId, rootHash: run.rootHash, outcome })),
				},
				lines: [
					...runs.map(({ run, outcome }) => {
						const how = outcome === "copied" ? "taken in" : "there already";
						return `${run.runId}  ${how}  ${escapeText(run.title)}`;
					}),
					...(first === undefined ? [] : [`  ${nextCommand(flags, "show", first.run.runId)}`]),
				],
			};
		}),
	);
};
