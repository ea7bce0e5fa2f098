import type { CanonicalValue } from "@retake/changeset";

/** Returns a field of a recorded map; undefined where there is none or the value is not a map. */
export function valueField(value: CanonicalValue, name: string): CanonicalValue | undefined {
	const isMap = typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
	if (!isMap) return undefined;
	const fields = value as { readonly [key: string]: CanonicalValue };
	return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
