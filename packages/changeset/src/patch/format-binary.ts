import { deflateSync } from "node:zlib";
import { encodeBase85Line } from "./base85.ts";

const lineBytesMax = 52;

/** Writes a `GIT binary patch` with both sides in full, so that it applies in either direction. */
export function formatBinary(before: Uint8Array, after: Uint8Array): string {
	return `GIT binary patch\n${formatLiteral(after)}\n${formatLiteral(before)}\n`;
}

function formatLiteral(bytes: Uint8Array): string {
	const packed = deflateSync(bytes);
	const lines = [`literal ${bytes.length}\n`];
	for (let start = 0; start < packed.length; start += lineBytesMax) {
		lines.push(`${encodeBase85Line(packed.subarray(start, start + lineBytesMax))}\n`);
	}
	return lines.join("");
}
