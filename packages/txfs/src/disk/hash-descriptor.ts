import { createHash, hash } from "node:crypto";
import { fstatSync } from "node:fs";
import type { BlobId } from "@retake/base";
import { chunkBytes, fileChunks } from "./file-chunks.ts";

/** Hashes an open file from its start to its end, 1 MiB in memory at most. */
export function hashDescriptor(descriptor: number): BlobId {
	const { size } = fstatSync(descriptor);
	if (size < chunkBytes) {
		const chunks = [...fileChunks(descriptor, size)];
		return hash("sha256", chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)) as BlobId;
	}
	const hasher = createHash("sha256");
	for (const chunk of fileChunks(descriptor, size)) hasher.update(chunk);
	return hasher.digest("hex") as BlobId;
}
