import { closeSync, openSync, statSync, writeFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { RunRecord, Store } from "@retake/store";
import { placeFile } from "@retake/txfs";
import { Command, Option } from "commander";
import { collectEarly } from "../edges/collect-early.ts";
import { exitCodes } from "../exit-code.ts";
import { runFamily } from "../export/run-family.ts";
import { writeTapeFile } from "../export/tape-file.ts";
import { toJsonLines } from "../export/to-json-lines.ts";
import { toSpans } from "../export/to-spans.ts";
import { toTrajectory } from "../export/to-trajectory.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { exportDocument } from "../json/export-document.ts";
import { jsonPieces } from "../json/json-pieces.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { gathered } from "../terminal/write-pieces.ts";
import type { Verb } from "../verb.ts";

type Format = "retake" | "jsonl" | "otlp" | "atif";

interface ExportFlags extends WorkspaceFlags {
	readonly to: string;
	readonly format?: Format;
}

const examples = `
Examples:
  retake export @last-failed --to failed.retake
  retake export 01ab --to spans.json --format otlp
  retake export 01ab --to trajectory.json --format atif

Exit codes: 0 written, 2 usage, 3 infrastructure.`;

/** Makes `retake export`: writes a run, with those that came of it, to one file. */
export const exportVerb: Verb = (host) => {
	const command = new Command("export")
		.summary("write a run to one file")
		.description(
			"Writes a run and those that came of it to one file. The format retake holds the whole record, which retake import takes in " +
				"elsewhere, to be shown, replayed, compared and committed; the tree that the run began with is not in it.",
		)
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.requiredOption("--to <file>", "a file that is not there yet")
		.addOption(
			new Option("--format <format>", "default: by the file's ending, .jsonl or else retake").choices([
				"retake",
				"jsonl",
				"otlp",
				"atif",
			]),
		);
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((name: string, flags: ExportFlags) =>
		host.run(flags, exportDocument, async ({ edges }) => {
			collectEarly();
			const file = resolve(edges.workingDirectory, flags.to);
			const format = flags.format ?? (extname(file) === ".jsonl" ? "jsonl" : "retake");
			await using runtime = await openRecords(edges, flags);
			const { store } = runtime;
			const run = store.runs.resolve(name);
			// A trajectory is of one session.
			const runs = format === "atif" ? [run] : runFamily(store, run);
			placeFile({
				path: file,
				overwrite: false,
				write: (scratch) => {
					if (format === "retake") writeTapeFile(scratch, runs, store, edges.clock);
					else writeText(scratch, format, runs, store);
				},
			});
			const { size } = statSync(file);
			return {
				exitCode: exitCodes.done,
				document: { file, format, bytes: size, runs: runs.map(({ runId, rootHash }) => ({ runId, rootHash })) },
				lines: [`wrote ${formatCount(runs.length, "run")} to ${escapeText(flags.to)} (${formatBytes(size)})`],
			};
		}),
	);
};

function* piecesOf(format: Exclude<Format, "retake">, runs: readonly RunRecord[], store: Store): Iterable<string> {
	switch (format) {
		case "jsonl":
			for (const line of toJsonLines(runs, store)) yield `${line}\n`;
			return;
		case "otlp":
			yield* jsonPieces(toSpans(runs, store));
			yield "\n";
			return;
		case "atif":
			for (const run of runs) {
				yield* jsonPieces(toTrajectory(run, store));
				yield "\n";
			}
	}
}

function writeText(file: string, format: Exclude<Format, "retake">, runs: readonly RunRecord[], store: Store): void {
	const descriptor = openSync(file, "wx");
	try {
		for (const text of gathered(piecesOf(format, runs, store))) writeFileSync(descriptor, text);
	} finally {
		closeSync(descriptor);
	}
}
