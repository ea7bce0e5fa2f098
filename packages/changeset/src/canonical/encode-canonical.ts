import { Packr } from "msgpackr";
import type { CanonicalValue } from "../canonical-value.ts";
import { normalise } from "./normalise.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true, mapsAsObjects: false });

/**
 * Encodes a value as canonical MessagePack: equal values give equal bytes. Map keys are sorted by their UTF-8 bytes; every
 * header and every integer from -2^31 to 2^32 - 1 takes its shortest form; any other number is a float64; bytes are `bin`.
 * Throws `NOT_SERIALISABLE` with the JSON pointer of the first thing that has no such form.
 */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
	const packed = packr.pack(normalise(value));
	// The packer hands out a window on a buffer that it shares with other results; what leaves here owns its bytes.
	return new Uint8Array(packed);
}
