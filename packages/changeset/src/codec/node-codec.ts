import { Buffer } from "node:buffer";
import { type BlobId, RetakeError } from "@retake/base";
import type { CanonicalValue } from "../canonical-value.ts";
import { rawTextFromBytes, rawTextToBytes } from "../path/raw-text.ts";
import type { TreeNode } from "../tree-node.ts";

const fileTag = 1;
const symlinkTag = 2;
const directoryTag = 3;

/** Turns a node into `[1, mode, size, hash]` for a file, `[2, target]` for a link, `[3, mode]` for a directory, null for nothing. */
export function encodeNode(node: TreeNode | null): CanonicalValue {
	if (node === null) return null;
	switch (node.kind) {
		case "file":
			return [fileTag, node.mode, node.size, Buffer.from(node.content, "hex")];
		case "symlink": {
			const target = rawTextToBytes(node.target);
			if (target === null) {
				throw new RetakeError("NOT_SERIALISABLE", "the target of a symbolic link spells no bytes", {
					sort: "misuse",
					data: { target: node.target },
					remedy: "read link targets as bytes and turn them into text with rawTextFromBytes",
				});
			}
			return [symlinkTag, target];
		}
		case "directory":
			return [directoryTag, node.mode];
	}
}

/** Reads back what `encodeNode` made. Throws `ENCODING_INVALID` for anything else. */
export function decodeNode(value: CanonicalValue | undefined): TreeNode | null {
	if (value === null) return null;
	if (!Array.isArray(value)) throw invalidNode();
	const [tag, first, second, third]: readonly (CanonicalValue | undefined)[] = value;
	if (tag === fileTag && value.length === 4 && isMode(first) && isCount(second) && isHash(third)) {
		return { kind: "file", mode: first, size: second, content: Buffer.from(third).toString("hex") as BlobId };
	}
	if (tag === symlinkTag && value.length === 2 && first instanceof Uint8Array) {
		return { kind: "symlink", target: rawTextFromBytes(first) };
	}
	if (tag === directoryTag && value.length === 2 && isMode(first)) return { kind: "directory", mode: first };
	throw invalidNode();
}

function isMode(value: CanonicalValue | undefined): value is number {
	return isCount(value) && value <= 0o777;
}

function isCount(value: CanonicalValue | undefined): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: CanonicalValue | undefined): value is Uint8Array {
	return value instanceof Uint8Array && value.length === 32;
}

function invalidNode(): RetakeError {
	return new RetakeError("ENCODING_INVALID", "the changeset holds something that is not a node of a tree");
}
