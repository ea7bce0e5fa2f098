import { Buffer } from "node:buffer";
import { patchChunks } from "@retake/changeset";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { changesDocument } from "../json/changes-document.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeOutput } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import { changeLine } from "../trace/change-line.ts";
import { riskLines, risksOfRun } from "../trace/run-risks.ts";
import type { Verb } from "../verb.ts";

interface ChangesFlags extends WorkspaceFlags {
	readonly patch?: boolean;
}

const examples = `
Examples:
  retake changes @last
  retake changes 01ab --patch | git apply`;

/** Makes `retake changes`: what a run changed, by path or as a patch. */
export const changesVerb: Verb = (host) => {
	const command = new Command("changes")
		.summary("show what a run changed")
		.description("Lists the paths that a run changed; with --patch, prints them as git diff would.")
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.option("--patch", "print a patch that git apply takes");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((name: string, flags: ChangesFlags) =>
		host.run(flags, changesDocument, async ({ edges, json }) => {
			await using runtime = await openRecords(edges, flags);
			const run = runtime.store.runs.resolve(name);
			const changeset = runtime.changesOf(run);
			const { changes } = changeset;
			const chunks = flags.patch === true ? patchChunks(changeset, runtime.store.blobs, { moves: "renames" }) : null;
			const patch = chunks !== null && json ? Buffer.concat([...chunks]) : null;
			if (chunks !== null && !json) for (const chunk of chunks) writePatch(chunk, edges.stdout);
			const risks = risksOfRun(runtime, run.runId);
			const document = {
				runId: run.runId,
				changes: changes.map(({ path, was, now }) => ({ path, was, now })),
				risks,
				patch: patch === null ? null : textOfBytes(patch),
			};
			const lines =
				chunks === null
					? [`${formatCount(changes.length, "path")} changed`, ...changes.map(changeLine), ...riskLines(risks)]
					: [];
			return { exitCode: exitCodes.done, document, lines };
		}),
	);
};

/** A terminal gets the patch escaped; a file or a pipe its exact bytes. */
function writePatch(
	patch: Uint8Array,
	{ stream, isTerminal }: { stream: NodeJS.WritableStream; isTerminal: boolean },
): void {
	stream.write(isTerminal ? escapeOutput(textOfBytes(patch)) : patch);
}
