import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { defaultPatchLimits } from "@retake/changeset";
import { escapeText } from "../terminal/escape-text.ts";

/**
 * Reads a patch. Of one that is too large, one byte more than is allowed is read, by which it is found to be invalid
 * without its size being paid for. Throws `USAGE` for what cannot be read.
 */
export function readPatch(path: string): Uint8Array {
	const descriptor = attempt(path, () => openSync(path, "r"));
	try {
		if (!fstatSync(descriptor).isFile()) throw unreadable(path, "it is not a regular file");
		const bytes = new Uint8Array(Math.min(fstatSync(descriptor).size, defaultPatchLimits.bytes + 1));
		let length = 0;
		while (length < bytes.length) {
			const count = attempt(path, () => readSync(descriptor, bytes, length, bytes.length - length, length));
			if (count === 0) break;
			length += count;
		}
		return bytes.subarray(0, length);
	} finally {
		closeSync(descriptor);
	}
}

function attempt<Value>(path: string, act: () => Value): Value {
	try {
		return act();
	} catch (cause) {
		throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
	}
}

function unreadable(path: string, why: string, cause?: unknown): RetakeError {
	return new RetakeError("USAGE", `the patch ${escapeText(path)} cannot be read: ${escapeText(why)}`, {
		sort: "misuse",
		cause,
		data: { path },
		remedy: "name a file that git diff or diff -u wrote, or a directory of such files",
	});
}
