import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createRunId, defaultLimits, RetakeError, type RunId, type TreeId } from "@retake/base";
import { type CanonicalValue, emptyChangeset } from "@retake/changeset";
import { ForeignLog, type RunHeader, semanticsVersion } from "@retake/recorder";
import type { Store } from "@retake/store";
import { type Json, parseJson } from "./json.ts";
import { mergeEntries } from "./merge-entries.ts";
import { readLines } from "./read-lines.ts";
import { KindCounter, type TranscriptTally } from "./tally.ts";
import { Transcriber, type TranscriberLog } from "./transcriber.ts";
import { detectFormat, type FormatReading, formatReadings, type TranscriptFormat } from "./transcript-format.ts";
import { transcriptLimits } from "./transcript-limits.ts";
import type { TranscriptOrigin } from "./transcript-reader.ts";

/** How a transcript is taken in. */
export interface ImportTranscriptOptions {
	readonly path: string;
	/** Further files of the same session of Claude Code, one for each sub-agent. */
	readonly more?: readonly string[];
	/** Told by the file where it is absent. */
	readonly format?: TranscriptFormat;
	/** Names the tree that the run is said to begin with: an empty one. */
	readonly emptyTreeId: TreeId;
	readonly signal?: AbortSignal;
}

/** A transcript that was read to its end. */
export interface TranscriptSurvey {
	readonly format: TranscriptFormat;
	/** SHA-256 of the file, 64 hexadecimal digits; of several files, of their digests in order. */
	readonly sha256: string;
	readonly origin: TranscriptOrigin;
	/** Milliseconds since 1970; 0 where the transcript names no moment. */
	readonly startedAt: number;
	readonly calls: number;
	readonly messages: number;
	readonly tally: TranscriptTally;
}

/** A transcript as a run of the kind `imported`. */
export interface ImportedTranscript extends TranscriptSurvey {
	readonly runId: RunId;
}

/**
 * Writes a transcript of another tool into a store, as one run that can be shown and compared, and not replayed. Reads the file twice, an
 * entry at a time: what it says of itself goes into the header of the run. The same bytes give the same run, to its root hash. Throws
 * `USAGE` for a file that is no transcript, `LIMIT_EXCEEDED`, an `AbortError`, and what the store throws.
 */
export async function importTranscript(store: Store, options: ImportTranscriptOptions): Promise<ImportedTranscript> {
	const { path, emptyTreeId } = options;
	const format = options.format ?? (await detectFormat(path));
	const reading = formatReadings[format];
	if ((options.more ?? []).length > 0 && format !== "claude-code") throw ofOneFile(path, format);
	const survey = await surveyTranscript(format, options);
	if (survey.calls + survey.messages === 0) throw nothingIn(path, format);
	const header = headerOf(survey, emptyTreeId);
	const log = new ForeignLog(store, header);
	const { transcriber, sha256 } = await transcribe(reading, options, log, survey.startedAt);
	if (sha256 !== survey.sha256) {
		throw new RetakeError("TREE_CHANGED", `${path} was written while it was read`, {
			data: { path },
			remedy: "wait until its session has ended, or copy the file first",
		});
	}
	const changesetId = store.changesets.write(emptyChangeset);
	log.finish({ changesetId, verdict: "imported", failed: false, state: "kept" }, transcriber.lastMs);
	return { ...survey, runId: header.runId };
}

async function surveyTranscript(format: TranscriptFormat, options: ImportTranscriptOptions): Promise<TranscriptSurvey> {
	const { transcriber, sha256, origin, tally } = await transcribe(formatReadings[format], options, null, null);
	const { calls, messages, resultsWithoutCall, callsWithoutResult } = transcriber.counts;
	const startedAt = transcriber.firstAt ?? origin.begunAt ?? 0;
	const title = origin.title ?? transcriber.firstWords;
	return {
		format,
		sha256,
		origin: { ...origin, title },
		startedAt,
		calls,
		messages,
		tally: { ...tally, resultsWithoutCall, callsWithoutResult },
	};
}

async function transcribe(
	{ createReader, isDocument }: FormatReading,
	options: ImportTranscriptOptions,
	log: TranscriberLog | null,
	startedAt: number | null,
) {
	const counters = { unknown: new KindCounter(), leftOut: new KindCounter() };
	const reader = createReader(counters);
	const transcriber = new Transcriber(log, startedAt);
	const files = [options.path, ...(options.more ?? [])].map((path) => ({ path, hash: createHash("sha256") }));
	let entries = 0;
	let unreadable = 0;
	const read = files.map(({ path, hash }) => {
		const onBytes = (bytes: Uint8Array): void => void hash.update(bytes);
		return isDocument ? readDocument({ ...options, path }, onBytes) : readEntries({ ...options, path }, onBytes);
	});
	const [first] = read;
	for await (const entry of read.length === 1 && first !== undefined ? first : mergeEntries(read)) {
		entries++;
		if (entry === undefined) unreadable++;
		else for (const event of reader.take(entry)) transcriber.take(event);
	}
	const tally = { entries, unreadable, unknown: counters.unknown.counts, leftOut: counters.leftOut.counts };
	return { transcriber, sha256: digestOf(files.map(({ hash }) => hash.digest("hex"))), origin: reader.origin, tally };
}

function digestOf(digests: readonly string[]): string {
	const [only] = digests;
	if (only !== undefined && digests.length === 1) return only;
	return createHash("sha256").update(digests.join("\n")).digest("hex");
}

type OnBytes = (bytes: Uint8Array) => void;

/** Yields each line's entry; undefined for a line that is no JSON. */
async function* readEntries(
	{ path, signal }: ImportTranscriptOptions,
	onBytes: OnBytes,
): AsyncIterable<Json | undefined> {
	const reading = { lineBytesMax: transcriptLimits.lineBytes, onBytes, ...(signal === undefined ? {} : { signal }) };
	for await (const line of readLines(path, reading)) if (line.trim() !== "") yield parseJson(line);
}

async function* readDocument({ path }: ImportTranscriptOptions, onBytes: OnBytes): AsyncIterable<Json> {
	const { size } = await stat(path);
	if (size > transcriptLimits.documentBytes) {
		throw new RetakeError("LIMIT_EXCEEDED", `${path} has ${size} bytes; a trajectory is read as a whole`, {
			data: { path, limit: "documentBytes", documentBytesMax: transcriptLimits.documentBytes },
			remedy: "split it into trajectories of one session each",
		});
	}
	const bytes = await readFile(path);
	onBytes(bytes);
	const document = parseJson(bytes.toString("utf8"));
	if (document === undefined) {
		throw new RetakeError("USAGE", `${path} is no JSON, or was cut off`, {
			sort: "misuse",
			data: { path },
			remedy: "a trajectory is one JSON document; take it from where it was written again",
		});
	}
	yield document;
}

function ofOneFile(path: string, format: TranscriptFormat): RetakeError {
	return new RetakeError("USAGE", `a session of the format ${format} is one file`, {
		sort: "misuse",
		data: { path, format },
		remedy: "take in one file at a time; only Claude Code writes its sub-agents into files of their own",
	});
}

function nothingIn(path: string, format: TranscriptFormat): RetakeError {
	return new RetakeError("USAGE", `${path} holds no call and no message of the format ${format}`, {
		sort: "misuse",
		data: { path, format },
		remedy: "name another file, or another format with --format",
	});
}

/** Names the run by what is in the file, so that the same file is the same run wherever it is taken in. */
function headerOf(survey: TranscriptSurvey, treeId: TreeId): RunHeader {
	const { format, origin, startedAt, sha256, tally } = survey;
	const digest = Buffer.from(sha256, "hex");
	const clock = { now: () => startedAt, monotonic: () => 0n };
	const runId = createRunId(clock, { bytes: (count) => digest.subarray(0, count) });
	const program: CanonicalValue = {
		kind: "imported",
		format,
		sha256,
		origin: wellFormed(origin),
		tally: { ...tally, unknown: { ...tally.unknown }, leftOut: { ...tally.leftOut } },
	};
	return {
		semanticsVersion,
		seed: null,
		runId,
		parentRunId: null,
		kind: "imported",
		title: (origin.title ?? `${origin.agent} ${origin.session ?? ""}`.trimEnd()).toWellFormed(),
		startedAt,
		program,
		base: { treeId, changesetId: null, commit: null, workspace: (origin.workspace ?? "").toWellFormed() },
		sandbox: { driver: "none", agent: `${origin.agent} ${origin.version ?? ""}`.trimEnd().toWellFormed() },
		limits: defaultLimits,
		tools: {},
	};
}

function wellFormed({ begunAt: _begunAt, ...texts }: TranscriptOrigin): CanonicalValue {
	return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text?.toWellFormed() ?? null]));
}
