import { hash } from "node:crypto";

/** Computes SHA-256 of bytes in one call, as 64 lower-case hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
	return hash("sha256", bytes, "hex");
}
