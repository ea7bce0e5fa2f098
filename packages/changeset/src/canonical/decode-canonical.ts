import { RetakeError } from "@retake/base";
import { Unpackr } from "msgpackr";
import type { CanonicalValue } from "../canonical-value.ts";
import { canonicalDepthMax } from "./normalise.ts";

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });

/**
 * Decodes what `encodeCanonical` made. Throws `ENCODING_INVALID` for bytes that are cut off, go on after the value, or hold
 * anything but canonical values. That keys are sorted and integers short is not checked: compare hashes for that.
 */
export function decodeCanonical(bytes: Uint8Array): CanonicalValue {
	let decoded: unknown;
	try {
		decoded = unpackr.unpack(bytes);
	} catch (cause) {
		throw new RetakeError("ENCODING_INVALID", "the bytes are not one whole MessagePack value", { cause });
	}
	return plain(decoded, 0);
}

function plain(value: unknown, depth: number): CanonicalValue {
	if (value === null || typeof value === "boolean" || typeof value === "string") return value;
	if (typeof value === "number") return plainNumber(value);
	if (value instanceof Uint8Array) return new Uint8Array(value);
	if (depth >= canonicalDepthMax) throw foreign(`more than ${canonicalDepthMax} levels`);
	if (Array.isArray(value)) {
		for (let index = 0; index < value.length; index++) value[index] = plain(value[index], depth + 1);
		return value as CanonicalValue[];
	}
	if (value instanceof Map) return plainObject(value, depth + 1);
	throw foreign(`a ${typeof value}`);
}

function plainNumber(value: number): number {
	if (!Number.isFinite(value) || Object.is(value, -0))
		throw foreign(`the number ${Object.is(value, -0) ? "-0" : value}`);
	return value;
}

function plainObject(map: ReadonlyMap<unknown, unknown>, depth: number): CanonicalValue {
	const fields: Record<string, CanonicalValue> = {};
	for (const [key, value] of map) {
		if (typeof key !== "string") throw foreign("a key that is not a string");
		if (key === "__proto__") {
			// An assignment would set the prototype instead of a field.
			Object.defineProperty(fields, key, {
				value: plain(value, depth),
				enumerable: true,
				writable: true,
				configurable: true,
			});
		} else {
			fields[key] = plain(value, depth);
		}
	}
	return fields;
}

function foreign(what: string): RetakeError {
	return new RetakeError("ENCODING_INVALID", `the bytes hold ${what}, which is not a canonical value`);
}
