import { createHash } from "node:crypto";
import { type BlobId, RetakeError, type TreeId } from "@retake/base";
import { comparePaths, rawTextFromBytes, rawTextToBytes, type TreeNode, type TreePath } from "@retake/changeset";
import type { FileStamp } from "../disk/file-stamp.ts";

/** One place of a snapshot's tree. */
export interface ManifestEntry {
	readonly path: TreePath;
	readonly node: TreeNode;
	/** Null where the tree does not come from a directory, or for what is not a file. */
	readonly stamp: FileStamp | null;
}

/** Everything in a tree, sorted by the bytes of the paths. */
export interface Manifest {
	readonly entries: readonly ManifestEntry[];
	/** When the snapshot began, by the clock of the file system, nanoseconds: a file written since may have changed unseen. */
	readonly startedNs: bigint;
}

const magic = Buffer.from("retake manifest 1\n");
const nodeLetters = { file: 0x66, symlink: 0x6c, directory: 0x64 } as const;

/** Sorts the entries and computes the id of the tree: SHA-256 over each entry's kind, mode, path, and content or target. */
export function sortManifest(entries: ManifestEntry[]): {
	readonly entries: readonly ManifestEntry[];
	readonly treeId: TreeId;
} {
	entries.sort((left, right) => comparePaths(left.path, right.path));
	const hasher = createHash("sha256");
	for (const entry of entries) hasher.update(encodeNode(entry));
	return { entries, treeId: hasher.digest("hex") as TreeId };
}

/** Encodes a manifest: what is hashed of each entry, then its stamp. */
export function encodeManifest({ entries, startedNs }: Manifest): Uint8Array {
	const head = Buffer.alloc(12);
	head.writeBigInt64LE(startedNs, 0);
	head.writeUInt32LE(entries.length, 8);
	const parts: Uint8Array[] = [magic, head];
	for (const entry of entries) parts.push(encodeNode(entry), encodeStamp(entry.stamp));
	return Buffer.concat(parts);
}

/** Decodes what `encodeManifest` made. Throws `STORE_DAMAGED`. */
export function decodeManifest(bytes: Uint8Array): Manifest {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (!buffer.subarray(0, magic.length).equals(magic)) throw damaged();
	try {
		return readManifest(buffer);
	} catch (cause) {
		throw damaged(cause);
	}
}

// kind, mode (2), length of the path (4), path, then a file's hash (32) or a link's length (4) and target.
function encodeNode({ path, node }: ManifestEntry): Buffer {
	const pathBytes = bytesOf(path);
	const rest = node.kind === "symlink" ? bytesOf(node.target) : null;
	const record = Buffer.alloc(7 + pathBytes.length + (node.kind === "file" ? 40 : rest === null ? 0 : 4 + rest.length));
	record[0] = nodeLetters[node.kind];
	record.writeUInt16LE(node.kind === "symlink" ? 0 : node.mode, 1);
	record.writeUInt32LE(pathBytes.length, 3);
	record.set(pathBytes, 7);
	const at = 7 + pathBytes.length;
	if (node.kind === "file") {
		record.writeDoubleLE(node.size, at);
		record.write(node.content, at + 8, "hex");
	} else if (rest !== null) {
		record.writeUInt32LE(rest.length, at);
		record.set(rest, at + 4);
	}
	return record;
}

function encodeStamp(stamp: FileStamp | null): Buffer {
	if (stamp === null) return Buffer.alloc(1);
	const record = Buffer.alloc(33);
	record[0] = 1;
	record.writeDoubleLE(stamp.size, 1);
	record.writeBigInt64LE(stamp.mtimeNs, 9);
	record.writeBigInt64LE(stamp.ctimeNs, 17);
	record.writeBigUInt64LE(stamp.ino, 25);
	return record;
}

function readManifest(buffer: Buffer): Manifest {
	const startedNs = buffer.readBigInt64LE(magic.length);
	const count = buffer.readUInt32LE(magic.length + 8);
	const entries: ManifestEntry[] = [];
	let at = magic.length + 12;
	const text = (length: number): string => {
		if (at + length > buffer.length) throw new RangeError("a string goes past the end");
		at += length;
		return rawTextFromBytes(buffer.subarray(at - length, at));
	};
	for (let index = 0; index < count; index++) {
		const letter = buffer.readUInt8(at);
		const mode = buffer.readUInt16LE(at + 1);
		const pathLength = buffer.readUInt32LE(at + 3);
		at += 7;
		const path = text(pathLength) as TreePath;
		let node: TreeNode;
		if (letter === nodeLetters.file) {
			const size = buffer.readDoubleLE(at);
			node = { kind: "file", mode, size, content: buffer.toString("hex", at + 8, at + 40) as BlobId };
			at += 40;
		} else if (letter === nodeLetters.symlink) {
			const length = buffer.readUInt32LE(at);
			at += 4;
			node = { kind: "symlink", target: text(length) };
		} else if (letter === nodeLetters.directory) node = { kind: "directory", mode };
		else throw new RangeError(`an entry of kind ${letter}`);
		let stamp: FileStamp | null = null;
		if (buffer.readUInt8(at++) === 1) {
			stamp = {
				size: buffer.readDoubleLE(at),
				mtimeNs: buffer.readBigInt64LE(at + 8),
				ctimeNs: buffer.readBigInt64LE(at + 16),
				ino: buffer.readBigUInt64LE(at + 24),
			};
			at += 32;
		}
		entries.push({ path, node, stamp });
	}
	return { entries, startedNs };
}

function bytesOf(text: string): Uint8Array {
	const bytes = rawTextToBytes(text);
	if (bytes === null) throw new RetakeError("BUG", `${JSON.stringify(text)} spells no bytes`, { sort: "bug" });
	return bytes;
}

function damaged(cause?: unknown): RetakeError {
	return new RetakeError("STORE_DAMAGED", "the manifest of a snapshot cannot be read", {
		...(cause === undefined ? {} : { cause }),
		remedy: "run `retake gc`, then take the snapshot again",
	});
}
