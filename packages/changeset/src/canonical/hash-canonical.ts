import { sha256, type ValueHash } from "@retake/base";
import type { CanonicalValue } from "../canonical-value.ts";
import { encodeCanonical } from "./encode-canonical.ts";

/** Computes the SHA-256 of a value's canonical encoding. Throws `NOT_SERIALISABLE` as `encodeCanonical` does. */
export function hashCanonical(value: CanonicalValue): ValueHash {
	return sha256(encodeCanonical(value)) as ValueHash;
}
