import { Buffer } from "node:buffer";
import type { BlobReader } from "../blobs.ts";
import { rawTextToBytes } from "../path/raw-text.ts";
import { gitOid } from "./git-oid.ts";
import type { Leaf } from "./patched-tree.ts";

/** One side of a file that a patch is written for; a side without a leaf is empty. */
export interface PatchSide {
	readonly leaf: Leaf | null;
	/** In bytes. */
	readonly size: number;
	/** Returns all bytes. For sides known to be small; else use `chunks`. Throws `BLOB_NOT_FOUND`. */
	read(): Uint8Array;
	/** Yields the bytes, at most 1 MiB at a time. Throws `BLOB_NOT_FOUND`. */
	chunks(): Iterable<Uint8Array>;
	/** Computes git's hash of it, zeros for nothing. Throws `BLOB_NOT_FOUND`. */
	oid(): string;
}

/** Makes the side of a patch that a file, a link or nothing is on. */
export function patchSide(leaf: Leaf | null, blobs: BlobReader): PatchSide {
	if (leaf?.kind === "file") {
		const chunks = () => blobs.chunks(leaf.content);
		const oid = () => gitOid(leaf.size, chunks());
		return { leaf, size: leaf.size, chunks, read: () => blobs.read(leaf.content), oid };
	}
	const bytes = leaf === null ? Buffer.alloc(0) : (rawTextToBytes(leaf.target) ?? Buffer.alloc(0));
	const oid = () => (leaf === null ? "0".repeat(40) : gitOid(bytes.length, [bytes]));
	return { leaf, size: bytes.length, chunks: () => [bytes], read: () => bytes, oid };
}
