import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { encodeBase85Line } from "./base85.ts";
import { deflateChunks } from "./deflate-chunks.ts";
import { makeDelta } from "./make-delta.ts";
import type { PatchSide } from "./patch-side.ts";

const lineBytesMax = 52;

/** Files larger than this are written whole, a chunk at a time: a delta takes both sides in memory. */
export const deltaBytesMax = 8 * 1024 ** 2;

/** Writes a `GIT binary patch` with both directions, each as a delta where that is the shorter, else in full. */
export function* formatBinary(before: PatchSide, after: PatchSide): Generator<string> {
	yield "GIT binary patch\n";
	yield* formatPayload(before, after);
	yield "\n";
	yield* formatPayload(after, before);
	yield "\n";
}

function* formatPayload(source: PatchSide, target: PatchSide): Generator<string> {
	if (source.size > 0 && target.size > 0 && source.size <= deltaBytesMax && target.size <= deltaBytesMax) {
		const bytes = target.read();
		const literal = deflateSync(bytes);
		const delta = makeDelta(source.read(), bytes, bytes.length);
		const packedDelta = delta === null ? null : deflateSync(delta);
		if (delta !== null && packedDelta !== null && packedDelta.length < literal.length) {
			yield `delta ${delta.length}\n`;
			yield* lines([packedDelta]);
			return;
		}
		yield `literal ${bytes.length}\n`;
		yield* lines([literal]);
		return;
	}
	yield `literal ${target.size}\n`;
	yield* lines(deflateChunks(target.chunks()));
}

function* lines(chunks: Iterable<Uint8Array>): Generator<string> {
	let rest: Uint8Array = Buffer.alloc(0);
	for (const chunk of chunks) {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		const whole = bytes.length - (bytes.length % lineBytesMax);
		const text: string[] = [];
		for (let start = 0; start < whole; start += lineBytesMax) {
			text.push(encodeBase85Line(bytes.subarray(start, start + lineBytesMax)), "\n");
		}
		if (whole > 0) yield text.join("");
		rest = bytes.subarray(whole);
	}
	if (rest.length > 0) yield `${encodeBase85Line(rest)}\n`;
}
