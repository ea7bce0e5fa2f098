import { RetakeError } from "@retake/base";
import { type CanonicalValue, canonicalDepthMax } from "@retake/changeset";
import { describeError, type ErrorDescription, rebuildError } from "./error-description.ts";

/** Marks what JSON has no form for; an object that has a field of this name itself is written as entries. */
const mark = "$retake";

type Entries = readonly (readonly [CanonicalValue, CanonicalValue])[];

/**
 * Returns a value as it can be recorded. Beyond JSON and bytes: undefined in arrays, dates, URLs, maps, sets, errors, big integers, NaN,
 * infinities and -0. Fields that are undefined are left out. Throws `NOT_SERIALISABLE` for functions, cycles and other classes.
 */
export function encodeStructured(value: unknown, depth = 0): CanonicalValue {
	if (depth > canonicalDepthMax) throw notSerialisable("a cycle, or more levels than can be recorded");
	switch (typeof value) {
		case "undefined":
			return { [mark]: "undefined" };
		case "number":
			if (Number.isFinite(value) && !Object.is(value, -0)) return value;
			return { [mark]: "number", value: Object.is(value, -0) ? "-0" : String(value) };
		case "bigint":
			return { [mark]: "bigint", value: String(value) };
		case "string":
		case "boolean":
			return value;
		case "object":
			return value === null ? null : encodeObject(value, depth + 1);
		default:
			throw notSerialisable(`a ${typeof value}`);
	}
}

/** Returns the value that `encodeStructured` wrote. */
export function decodeStructured(value: CanonicalValue): unknown {
	if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
	if (Array.isArray(value)) return value.map((item: CanonicalValue) => decodeStructured(item));
	const fields = value as Readonly<Record<string, CanonicalValue>>;
	if (Object.hasOwn(fields, mark)) return decodeMarked(fields);
	return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, decodeStructured(field)]));
}

function encodeObject(value: object, depth: number): CanonicalValue {
	const inner = (item: unknown): CanonicalValue => encodeStructured(item, depth);
	if (Array.isArray(value)) return Array.from(value, inner);
	if (value instanceof Uint8Array) return value;
	if (value instanceof ArrayBuffer) return { [mark]: "buffer", value: new Uint8Array(value) };
	if (value instanceof Date) return { [mark]: "date", value: inner(value.getTime()) };
	if (value instanceof URL) return { [mark]: "url", value: value.href };
	if (value instanceof Set) return { [mark]: "set", value: Array.from(value, inner) };
	if (value instanceof Map)
		return { [mark]: "map", value: Array.from(value, ([key, item]) => [inner(key), inner(item)]) };
	if (value instanceof Error)
		return { [mark]: "error", value: describeError(value, inner) as unknown as CanonicalValue };
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) {
		throw notSerialisable(`an instance of ${value.constructor?.name ?? "a class"}`);
	}
	const entries = Object.entries(value).filter(([, field]) => field !== undefined);
	const encoded = entries.map(([key, field]) => [key, inner(field)] as const);
	return Object.hasOwn(value, mark) ? { [mark]: "object", value: encoded } : Object.fromEntries(encoded);
}

function decodeMarked({ [mark]: kind, value = null }: Readonly<Record<string, CanonicalValue>>): unknown {
	switch (kind) {
		case "undefined":
			return undefined;
		case "number":
			return Number(value);
		case "bigint":
			return BigInt(value as string);
		case "buffer":
			return new Uint8Array(value as Uint8Array).buffer;
		case "date":
			return new Date(decodeStructured(value) as number);
		case "url":
			return new URL(value as string);
		case "set":
			return new Set(decodeStructured(value) as unknown[]);
		case "map":
			return new Map((value as Entries).map(([key, item]) => [decodeStructured(key), decodeStructured(item)]));
		case "error":
			return rebuildError(value as unknown as ErrorDescription, decodeStructured);
		case "object":
			return Object.fromEntries((value as Entries).map(([key, item]) => [key, decodeStructured(item)]));
		default:
			throw new RetakeError("ENCODING_INVALID", `a recorded value has the unknown form ${JSON.stringify(kind)}`);
	}
}

function notSerialisable(what: string): RetakeError {
	return new RetakeError("NOT_SERIALISABLE", `${what} cannot be recorded`, {
		sort: "misuse",
		remedy: "take and return plain data: JSON values, bytes, dates, URLs, maps, sets, errors",
	});
}
