import type { TraceCall } from "@retake/recorder";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatBytes, formatDuration } from "../terminal/format.ts";
import { layOutTable } from "../terminal/table.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";

/** Chunks that are listed one by one. */
const chunksShown = 40;

/** Tells when each piece of a call's output came, counted from the call; nothing where it came in one. */
export function chunkLines({ chunks, issuedAtMs }: TraceCall, columns: number): string[] {
	if (chunks.length < 2) return [];
	const shown = chunks.length > chunksShown ? [...chunks.slice(0, chunksShown - 5), ...chunks.slice(-5)] : chunks;
	const left = chunks.length - shown.length;
	const rows = shown.map(({ stream, bytes, atMs }) => [
		`+${formatDuration(atMs - issuedAtMs)}`,
		escapeText(stream),
		formatBytes(bytes.byteLength),
		cutText(escapeText(textOfBytes(bytes.subarray(0, 200))), 120),
	]);
	const lines = layOutTable(
		[
			{ title: "after", align: "right" },
			{ title: "stream" },
			{ title: "size", align: "right" },
			{ title: "begins", gives: true },
		],
		rows,
		columns,
	);
	return left === 0 ? lines : [...lines.slice(0, -5), `… ${left} more`, ...lines.slice(-5)];
}
