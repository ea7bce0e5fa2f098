import { createHash, hash } from "node:crypto";
import { fstatSync } from "node:fs";
import type { BlobId } from "@retake/base";
import type { DataExtent } from "@retake/changeset";
import { chunkBytes, fileChunks } from "./file-chunks.ts";
import { sparseChunks } from "./sparse-file.ts";

/** Hashes an open file from its start to its end, 1 MiB in memory at most. Holes are not read where `extents` tell of them. */
export function hashDescriptor(descriptor: number, extents: readonly DataExtent[] | null = null): BlobId {
	const { size } = fstatSync(descriptor);
	if (size < chunkBytes) {
		const chunks = [...fileChunks(descriptor, size)];
		return hash("sha256", chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)) as BlobId;
	}
	const hasher = createHash("sha256");
	for (const chunk of sparseChunks(descriptor, size, extents)) hasher.update(chunk);
	return hasher.digest("hex") as BlobId;
}
