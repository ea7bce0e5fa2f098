import { open } from "node:fs/promises";
import { RetakeError } from "@retake/base";
import { AtifReader } from "./atif.ts";
import { ClaudeCodeReader } from "./claude-code.ts";
import { CodexReader } from "./codex.ts";
import { fieldOf, isObject, type Json, parseJson, textField } from "./json.ts";
import { transcriptLimits } from "./transcript-limits.ts";
import type { CreateReader } from "./transcript-reader.ts";

/** Every format of transcript that is read. */
export const transcriptFormats = ["claude-code", "codex", "atif"] as const;

/** One of them. */
export type TranscriptFormat = (typeof transcriptFormats)[number];

/** How a format is read. */
export interface FormatReading {
	readonly createReader: CreateReader;
	/** Whether the whole file is one entry; else each line is. */
	readonly isDocument: boolean;
}

/** How each format is read. */
export const formatReadings: Readonly<Record<TranscriptFormat, FormatReading>> = {
	"claude-code": { createReader: (counters) => new ClaudeCodeReader(counters), isDocument: false },
	codex: { createReader: (counters) => new CodexReader(counters), isDocument: false },
	atif: { createReader: (counters) => new AtifReader(counters), isDocument: true },
};

/** Tells by its beginning which format a file is of. Throws `USAGE` where it is of none. */
export async function detectFormat(path: string): Promise<TranscriptFormat> {
	await using file = await open(path, "r");
	const bytes = Buffer.alloc(transcriptLimits.detectionBytes);
	const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
	const text = bytes.toString("utf8", 0, bytesRead);
	if (/^\s*\{[^]*"schema_version"\s*:\s*"ATIF-/.test(text.slice(0, 4_096))) return "atif";
	for (const line of text.split("\n").slice(0, transcriptLimits.detectionLines)) {
		const entry = parseJson(line);
		const format = isObject(entry) ? formatOfEntry(entry) : null;
		if (format !== null) return format;
	}
	// A document may name its version anywhere.
	if (/^\s*\{/.test(text) && /"schema_version"\s*:\s*"ATIF-/.test(text)) return "atif";
	throw new RetakeError("USAGE", `${path} is no transcript that this version knows`, {
		sort: "misuse",
		data: { path },
		remedy: `name the format with --format: ${transcriptFormats.join(", ")}`,
	});
}

function formatOfEntry(entry: Json): TranscriptFormat | null {
	if (textField(entry, "schema_version")?.startsWith("ATIF-") === true) return "atif";
	if (isObject(fieldOf(entry, "payload")) && textField(entry, "type") !== null) return "codex";
	const isBareSession = textField(entry, "id") !== null && textField(entry, "timestamp") !== null;
	if (isBareSession && fieldOf(entry, "instructions") !== undefined) return "codex";
	const isClaude = ["sessionId", "parentUuid", "leafUuid"].some((name) => fieldOf(entry, name) !== undefined);
	return isClaude && textField(entry, "type") !== null ? "claude-code" : null;
}
