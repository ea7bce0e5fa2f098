import { createHash } from "node:crypto";

/** Computes the hash by which git names a file of so many bytes, in SHA-1 unless 64 digits are asked for. */
export function gitOid(size: number, chunks: Iterable<Uint8Array>, digits: 40 | 64 = 40): string {
	const hash = createHash(digits === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
	for (const chunk of chunks) hash.update(chunk);
	return hash.digest("hex");
}
