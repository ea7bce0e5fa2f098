import { type BlobId, RetakeError } from "@retake/base";
import { rawTextFromBytes, rawTextToBytes, type TreeNode, type TreePath } from "@retake/changeset";
import type { FileStamp } from "../disk/file-stamp.ts";

/** One place of a snapshot's tree. */
export interface ManifestEntry {
	readonly path: TreePath;
	readonly node: TreeNode;
	/** Null where the tree does not come from a directory, or for what is not a file. */
	readonly stamp: FileStamp | null;
}

/**
 * What a manifest begins with. Behind it: when the snapshot began, by the clock of the file system, nanoseconds (8 bytes), the
 * count of entries (4 bytes), and everything in the tree, sorted by the bytes of the paths.
 */
export const manifestMagic = Buffer.from("retake manifest 1\n");

/** Bytes before the first entry. */
export const manifestHeadBytes = manifestMagic.length + 12;

const nodeLetters = { file: 0x66, symlink: 0x6c, directory: 0x64 } as const;

// kind, mode (2), length of the path (4), path, then a file's size (8) and hash (32) or a link's length (4) and target.
/** Encodes what is hashed of an entry. */
export function encodeNode({ path, node }: ManifestEntry): Buffer {
	const pathBytes = bytesOf(path);
	const rest = node.kind === "symlink" ? bytesOf(node.target) : null;
	const tail = node.kind === "file" ? 40 : rest === null ? 0 : 4 + rest.length;
	const record = Buffer.allocUnsafe(7 + pathBytes.length + tail);
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

/** Encodes the part of an entry that is not hashed. */
export function encodeStamp(stamp: FileStamp | null): Buffer {
	if (stamp === null) return Buffer.alloc(1);
	const record = Buffer.allocUnsafe(33);
	record[0] = 1;
	record.writeDoubleLE(stamp.size, 1);
	record.writeBigInt64LE(stamp.mtimeNs, 9);
	record.writeBigInt64LE(stamp.ctimeNs, 17);
	record.writeBigUInt64LE(stamp.ino, 25);
	return record;
}

/** Reads one entry with what `take` returns: the next bytes of the manifest, valid until it is called again. */
export function decodeEntry(take: (count: number) => Buffer): ManifestEntry {
	const head = take(7);
	const letter = head.readUInt8(0);
	const mode = head.readUInt16LE(1);
	const path = rawTextFromBytes(take(head.readUInt32LE(3))) as TreePath;
	return { path, node: decodeNode(letter, mode, take), stamp: decodeStamp(take) };
}

function decodeNode(letter: number, mode: number, take: (count: number) => Buffer): TreeNode {
	switch (letter) {
		case nodeLetters.file: {
			const rest = take(40);
			return { kind: "file", mode, size: rest.readDoubleLE(0), content: rest.toString("hex", 8, 40) as BlobId };
		}
		case nodeLetters.symlink:
			return { kind: "symlink", target: rawTextFromBytes(take(take(4).readUInt32LE(0))) };
		case nodeLetters.directory:
			return { kind: "directory", mode };
		default:
			throw new RangeError(`an entry of kind ${letter}`);
	}
}

function decodeStamp(take: (count: number) => Buffer): FileStamp | null {
	if (take(1).readUInt8(0) !== 1) return null;
	const record = take(32);
	return {
		size: record.readDoubleLE(0),
		mtimeNs: record.readBigInt64LE(8),
		ctimeNs: record.readBigInt64LE(16),
		ino: record.readBigUInt64LE(24),
	};
}

function bytesOf(text: string): Uint8Array {
	const bytes = rawTextToBytes(text);
	if (bytes === null) throw new RetakeError("BUG", `${JSON.stringify(text)} spells no bytes`, { sort: "bug" });
	return bytes;
}
