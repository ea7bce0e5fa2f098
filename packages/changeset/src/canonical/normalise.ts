import { RetakeError } from "@retake/base";
import { compareUtf8 } from "./compare-utf8.ts";

/** How deep arrays and maps may nest. Bounds the stack of every reader of what was written. */
export const canonicalDepthMax = 500;

/** Bytes and characters that one value may hold together: 256 MiB. They are counted before any of them is copied. */
export const canonicalBytesMax = 256 * 1024 ** 2;

/** A canonical value with its maps in the order in which they are written. */
export type NormalValue = null | boolean | number | string | Uint8Array | NormalValue[] | Map<string, NormalValue>;

/**
 * Brings a value into the one form that is encoded. A `Map` keeps the order of keys that an object would not: `"10"`
 * sorts before `"9"`, and `__proto__` is a key like any other. Throws `NOT_SERIALISABLE` or `LIMIT_EXCEEDED` with a JSON pointer.
 */
export function normalise(value: unknown): NormalValue {
	return normaliseAt(value, { ancestors: [], trail: [], bytes: 0 });
}

/** Throws as `normalise` does for a value without a canonical form; copies no bytes. */
export function requireCanonical(value: unknown): void {
	normalise(value);
}

/** Where a value is, and how much was seen before it. */
interface Walk {
	readonly ancestors: object[];
	readonly trail: (string | number)[];
	bytes: number;
}

function count(walk: Walk, size: number): void {
	walk.bytes += size;
	if (walk.bytes <= canonicalBytesMax) return;
	const pointer = pointerOf(walk.trail);
	throw new RetakeError(
		"LIMIT_EXCEEDED",
		`the value has more than ${canonicalBytesMax} bytes, at ${placeOf(pointer)}`,
		{
			sort: "misuse",
			data: { limit: "canonicalBytesMax", bytes: canonicalBytesMax, pointer },
			remedy: "write large contents to a file and send its path",
		},
	);
}

function normaliseAt(value: unknown, walk: Walk): NormalValue {
	switch (typeof value) {
		case "string":
			count(walk, value.length);
			if (!value.isWellFormed()) refuse(walk, "a string with a lone surrogate");
			return value;
		case "number":
			if (!Number.isFinite(value)) refuse(walk, `the number ${value}`);
			if (Object.is(value, -0)) refuse(walk, "the number -0");
			return value;
		case "boolean":
			return value;
		case "object":
			if (value === null) return null;
			if (value instanceof Uint8Array) {
				count(walk, value.byteLength);
				return value;
			}
			return normaliseContainer(value, walk);
		default:
			return refuse(walk, typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
	}
}

function normaliseContainer(value: object, walk: Walk): NormalValue {
	if (walk.ancestors.includes(value)) refuse(walk, "a cycle");
	if (walk.ancestors.length >= canonicalDepthMax) refuse(walk, `more than ${canonicalDepthMax} levels`);
	walk.ancestors.push(value);
	const normal = Array.isArray(value) ? normaliseArray(value, walk) : normaliseObject(value, walk);
	walk.ancestors.pop();
	return normal;
}

function normaliseArray(value: readonly unknown[], walk: Walk): NormalValue[] {
	const normal: NormalValue[] = [];
	for (let index = 0; index < value.length; index++) {
		walk.trail.push(index);
		normal.push(normaliseAt(value[index], walk));
		walk.trail.pop();
	}
	return normal;
}

function normaliseObject(value: object, walk: Walk): Map<string, NormalValue> {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) {
		const { constructor } = value as { constructor?: { name?: string } };
		refuse(walk, `an instance of ${constructor?.name ?? "a class"}`);
	}
	const fields = value as Readonly<Record<string, unknown>>;
	const keys = Object.keys(fields);
	if (!isSorted(keys)) keys.sort(compareUtf8);
	const normal = new Map<string, NormalValue>();
	for (const key of keys) {
		walk.trail.push(key);
		if (!key.isWellFormed()) refuse(walk, "a key with a lone surrogate");
		normal.set(key, normaliseAt(fields[key], walk));
		walk.trail.pop();
	}
	return normal;
}

/** What is written most often lists its keys in order: to see that takes a part of what sorting does. */
function isSorted(keys: readonly string[]): boolean {
	for (let index = 1; index < keys.length; index++) {
		if (compareUtf8(keys[index - 1] as string, keys[index] as string) > 0) return false;
	}
	return true;
}

function refuse({ trail }: Walk, what: string): never {
	const pointer = pointerOf(trail);
	throw new RetakeError("NOT_SERIALISABLE", `${what} at ${placeOf(pointer)} has no canonical form`, {
		sort: "misuse",
		data: { pointer },
		remedy: "send JSON values and Uint8Array only; leave a field out instead of setting it to undefined",
	});
}

function pointerOf(trail: readonly (string | number)[]): string {
	return trail.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function placeOf(pointer: string): string {
	return pointer === "" ? "the root" : pointer;
}
