import { RetakeError } from "@retake/base";
import { compareUtf8 } from "./compare-utf8.ts";

/** How deep arrays and maps may nest. Bounds the stack of every reader of what was written. */
export const canonicalDepthMax = 500;

/** A canonical value with its maps in the order in which they are written. */
export type NormalValue = null | boolean | number | string | Uint8Array | NormalValue[] | Map<string, NormalValue>;

/**
 * Brings a value into the one form that is encoded. A `Map` keeps the order of keys that an object would not: `"10"`
 * sorts before `"9"`, and `__proto__` is a key like any other. Throws `NOT_SERIALISABLE` with a JSON pointer.
 */
export function normalise(value: unknown): NormalValue {
	return normaliseAt(value, [], []);
}

function normaliseAt(value: unknown, ancestors: object[], trail: (string | number)[]): NormalValue {
	switch (typeof value) {
		case "string":
			if (!value.isWellFormed()) refuse(trail, "a string with a lone surrogate");
			return value;
		case "number":
			if (!Number.isFinite(value)) refuse(trail, `the number ${value}`);
			if (Object.is(value, -0)) refuse(trail, "the number -0");
			return value;
		case "boolean":
			return value;
		case "object":
			if (value === null) return null;
			if (value instanceof Uint8Array) return value;
			return normaliseContainer(value, ancestors, trail);
		default:
			return refuse(trail, typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
	}
}

function normaliseContainer(value: object, ancestors: object[], trail: (string | number)[]): NormalValue {
	if (ancestors.includes(value)) refuse(trail, "a cycle");
	if (ancestors.length >= canonicalDepthMax) refuse(trail, `more than ${canonicalDepthMax} levels`);
	ancestors.push(value);
	const normal = Array.isArray(value)
		? normaliseArray(value, ancestors, trail)
		: normaliseObject(value, ancestors, trail);
	ancestors.pop();
	return normal;
}

function normaliseArray(value: readonly unknown[], ancestors: object[], trail: (string | number)[]): NormalValue[] {
	const normal: NormalValue[] = [];
	for (let index = 0; index < value.length; index++) {
		trail.push(index);
		normal.push(normaliseAt(value[index], ancestors, trail));
		trail.pop();
	}
	return normal;
}

function normaliseObject(value: object, ancestors: object[], trail: (string | number)[]): Map<string, NormalValue> {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) {
		const { constructor } = value as { constructor?: { name?: string } };
		refuse(trail, `an instance of ${constructor?.name ?? "a class"}`);
	}
	const fields = value as Readonly<Record<string, unknown>>;
	const keys = Object.keys(fields);
	if (keys.length > 1) keys.sort(compareUtf8);
	const normal = new Map<string, NormalValue>();
	for (const key of keys) {
		trail.push(key);
		if (!key.isWellFormed()) refuse(trail, "a key with a lone surrogate");
		normal.set(key, normaliseAt(fields[key], ancestors, trail));
		trail.pop();
	}
	return normal;
}

function refuse(trail: readonly (string | number)[], what: string): never {
	const pointer = trail.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
	throw new RetakeError(
		"NOT_SERIALISABLE",
		`${what} at ${pointer === "" ? "the root" : pointer} has no canonical form`,
		{
			sort: "misuse",
			data: { pointer },
			remedy: "send JSON values and Uint8Array only; leave a field out instead of setting it to undefined",
		},
	);
}
