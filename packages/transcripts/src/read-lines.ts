import { open } from "node:fs/promises";
import { RetakeError } from "@retake/base";

/** How lines are read. */
export interface ReadLinesOptions {
	readonly lineBytesMax: number;
	readonly signal?: AbortSignal;
	/** Handed every byte of the file, in order. */
	readonly onBytes?: (bytes: Uint8Array) => void;
}

const chunkBytes = 1024 ** 2;
const newline = 0x0a;

/**
 * Yields the lines of a file as text, without their ends; empty ones too. Holds one line and one chunk. Throws `LIMIT_EXCEEDED` for a
 * line of more than `lineBytesMax` bytes, and an `AbortError`.
 */
export async function* readLines(
	path: string,
	{ lineBytesMax, signal, onBytes }: ReadLinesOptions,
): AsyncIterable<string> {
	await using file = await open(path, "r");
	const chunk = Buffer.allocUnsafe(chunkBytes);
	let begun: Buffer[] = [];
	let begunBytes = 0;
	let number = 1;
	for (;;) {
		signal?.throwIfAborted();
		const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
		if (bytesRead === 0) break;
		const read = chunk.subarray(0, bytesRead);
		onBytes?.(read);
		let from = 0;
		for (let end = read.indexOf(newline); end >= 0; end = read.indexOf(newline, from)) {
			const rest = read.subarray(from, end);
			yield begunBytes === 0 ? rest.toString("utf8") : Buffer.concat([...begun, rest]).toString("utf8");
			begun = [];
			begunBytes = 0;
			from = end + 1;
			number++;
		}
		begunBytes += bytesRead - from;
		if (begunBytes > lineBytesMax) throw lineTooLong(path, number, lineBytesMax);
		if (from < bytesRead) begun.push(Buffer.from(read.subarray(from)));
	}
	if (begunBytes > 0) yield Buffer.concat(begun).toString("utf8");
}

function lineTooLong(path: string, line: number, lineBytesMax: number): RetakeError {
	return new RetakeError("LIMIT_EXCEEDED", `line ${line} of ${path} has more than ${lineBytesMax} bytes`, {
		data: { path, line, limit: "lineBytes", lineBytesMax },
		remedy: "take the line out; a transcript has one entry a line",
	});
}
