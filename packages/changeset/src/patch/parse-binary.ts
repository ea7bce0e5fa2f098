import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { decodeBase85Line } from "./base85.ts";
import { type PatchCursor, withoutLineEnd } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { BinaryPayload } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

const payloadHeader = /^(literal|delta) (\d{1,15})$/;

/**
 * Reads what follows `GIT binary patch`: the payload forward, and the one backward that git adds and that is checked and let go.
 * Unpacking is bounded by the size that the patch states, and that by `contentBytes`.
 */
export function parseBinary(cursor: PatchCursor, budget: PatchBudget): BinaryPayload {
	const line = cursor.line;
	const forward = parsePayload(cursor, budget);
	if (forward === null) throw invalidPatch(line, "the binary patch has neither a literal nor a delta");
	parsePayload(cursor, budget);
	return forward;
}

function parsePayload(cursor: PatchCursor, budget: PatchBudget): BinaryPayload | null {
	const line = cursor.line;
	const header = payloadHeader.exec(withoutLineEnd(cursor.peek() ?? ""));
	if (header === null) return null;
	cursor.next();
	const size = Number(header[2]);
	budget.take("contentBytes", size);
	const bytes = inflate(readPacked(cursor), size, line);
	return { kind: header[1] === "literal" ? "literal" : "delta", bytes };
}

function readPacked(cursor: PatchCursor): Uint8Array {
	const parts: Uint8Array[] = [];
	for (;;) {
		const line = cursor.line;
		const text = cursor.next();
		if (text === null) throw invalidPatch(line, "the binary patch is cut off");
		const digits = withoutLineEnd(text);
		if (digits === "") return Buffer.concat(parts);
		const part = decodeBase85Line(digits);
		if (part === null) throw invalidPatch(line, "the line is not base 85");
		parts.push(part);
	}
}

function inflate(packed: Uint8Array, size: number, line: number): Uint8Array {
	let bytes: Uint8Array;
	try {
		// zlib refuses a maximum of zero.
		bytes = inflateSync(packed, { maxOutputLength: Math.max(1, size) });
	} catch (cause) {
		throw Object.assign(invalidPatch(line, "the binary patch does not unpack to the size that it states"), { cause });
	}
	if (bytes.length !== size) throw invalidPatch(line, "the binary patch does not unpack to the size that it states");
	return bytes;
}
