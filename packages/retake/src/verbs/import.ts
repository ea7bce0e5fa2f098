import { closeSync, openSync, readSync } from "node:fs";
import { extname, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { type ImportedTranscript, type TranscriptFormat, transcriptFormats } from "@retake/transcripts";
import { Command, Option } from "commander";
import { collectEarly } from "../edges/collect-early.ts";
import { exitCodes } from "../exit-code.ts";
import { type ImportedRun, readTapeFile } from "../export/tape-file.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { subagentLines } from "../import/subagent-lines.ts";
import { takeInTranscript } from "../import/take-in-transcript.ts";
import { tallyLines } from "../import/tally-lines.ts";
import { importDocument } from "../json/import-document.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import type { Verb } from "../verb.ts";

interface ImportFlags extends WorkspaceFlags {
	readonly format?: "retake" | TranscriptFormat;
}

interface TakenIn {
	readonly format: "retake" | TranscriptFormat;
	readonly runs: readonly ImportedRun[];
	readonly transcript: ImportedTranscript | null;
}

const examples = `
Examples:
  retake import failed.retake
  retake import ~/.claude/projects/-home-me-slug/0d1c….jsonl
  retake import 0d1c….jsonl 0d1c…/subagents/agent-*.jsonl
  retake import rollout-2026-03-01T10-00-00-….jsonl --format codex
  retake import trajectory.json

Exit codes: 0 taken in, 2 usage, 3 infrastructure or a damaged file, 4 the record was changed, 130 interrupted.`;

/** Makes `retake import`: takes in the runs of a file that `retake export` wrote, or a transcript of another tool. */
export const importVerb: Verb = (host) => {
	const command = new Command("import")
		.summary("take in runs that retake export wrote, or another tool's transcript")
		.description(
			"Takes in every run of a file that retake export wrote, all or none: each event is checked against the run's hash chain, and each " +
				"content against its hash. A session of Claude Code, a rollout of Codex or an ATIF trajectory becomes a run of the kind imported, " +
				"which can be shown and compared, and not replayed. A run that is there already is left as it is.",
		)
		.argument("<file>", "what retake export wrote, or a transcript")
		.argument("[more...]", "the session's sub-agents, where Claude Code wrote them into files of their own")
		.addOption(new Option("--format <format>", "default: told by the file").choices(["retake", ...transcriptFormats]));
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((path: string, more: readonly string[], flags: ImportFlags) =>
		host.run(flags, importDocument, async ({ edges }) => {
			collectEarly();
			const file = resolve(edges.workingDirectory, path);
			await using runtime = await openRecords(edges, flags);
			const takeIn = async (): Promise<TakenIn> => {
				if (isTape(file, flags.format)) {
					if (more.length > 0) throw severalTapes();
					return { format: "retake", runs: readTapeFile(file, runtime.store, edges.clock), transcript: null };
				}
				const format = flags.format === undefined || flags.format === "retake" ? {} : { format: flags.format };
				const others = more.map((each) => resolve(edges.workingDirectory, each));
				const how = { path: file, more: others, clock: edges.clock, signal: edges.interrupted, ...format };
				const { run, outcome, transcript } = await takeInTranscript(runtime, how);
				return { format: transcript.format, runs: [{ run, outcome }], transcript };
			};
			const { format, runs, transcript } = await takeIn();
			const [first] = runs;
			return {
				exitCode: exitCodes.done,
				document: {
					file,
					format,
					runs: runs.map(({ run, outcome }) => ({ runId: run.runId, rootHash: run.rootHash, outcome })),
					transcript: transcript === null ? null : transcriptToJson(transcript),
				},
				lines: [
					...runs.map(({ run, outcome }) => {
						const how = outcome === "copied" ? "taken in" : "there already";
						return `${run.runId}  ${how}  ${escapeText(run.title)}`;
					}),
					...(transcript === null ? [] : tallyLines(transcript).map((line) => `  ${line}`)),
					...(transcript === null || more.length > 0 ? [] : subagentLines(file, transcript)),
					...(first === undefined ? [] : [`  ${nextCommand(flags, "show", first.run.runId)}`]),
				],
			};
		}),
	);
};

function severalTapes(): RetakeError {
	return new RetakeError("USAGE", "files that retake export wrote are taken in one at a time", {
		sort: "misuse",
		remedy: "further files are sub-agents of a session of Claude Code",
	});
}

/** What is named as a tape is read as one, so that a damaged one is said to be damaged. */
function isTape(file: string, format: ImportFlags["format"]): boolean {
	if (format !== undefined) return format === "retake";
	return extname(file) === ".retake" || beginningOf(file) === "SQLite format 3\0";
}

function beginningOf(file: string): string {
	const bytes = Buffer.alloc(16);
	try {
		const descriptor = openSync(file, "r");
		try {
			return bytes.toString("latin1", 0, readSync(descriptor, bytes, 0, bytes.length, 0));
		} finally {
			closeSync(descriptor);
		}
	} catch (cause) {
		throw new RetakeError(
			"USAGE",
			`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
			{
				sort: "misuse",
				cause,
				data: { path: file },
				remedy: "name a file that retake export wrote, or a transcript",
			},
		);
	}
}

function transcriptToJson({ sha256, origin, calls, messages, tally }: ImportedTranscript) {
	const { agent, version, session } = origin;
	const { unknown, leftOut, ...counts } = tally;
	return {
		sha256,
		agent,
		version,
		session,
		calls,
		messages,
		...counts,
		unknown: { ...unknown },
		leftOut: { ...leftOut },
	};
}
