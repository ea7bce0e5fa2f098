import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Computes the hash by which git names a file's bytes, in SHA-1 unless 64 digits are asked for. */
export function gitOid(bytes: Uint8Array, digits: 40 | 64 = 40): string {
	const hash = createHash(digits === 64 ? "sha256" : "sha1");
	return hash
		.update(Buffer.from(`blob ${bytes.length}\0`))
		.update(bytes)
		.digest("hex");
}
