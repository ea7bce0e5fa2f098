import type { CanonicalValue } from "@retake/changeset";

type ValueMap = { readonly [key: string]: CanonicalValue };

/** Tells whether a canonical value is a map, and neither a list nor bytes. */
export function isValueMap(value: CanonicalValue): value is ValueMap {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Tells whether two canonical values are equal. Takes values of any depth: it does not recurse. */
export function valuesEqual(a: CanonicalValue, b: CanonicalValue): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object") return false;
	const pending: CanonicalValue[] = [a, b];
	while (pending.length > 0) {
		const right = pending.pop() as CanonicalValue;
		const left = pending.pop() as CanonicalValue;
		if (left === right) continue;
		if (left instanceof Uint8Array || right instanceof Uint8Array) {
			if (!(left instanceof Uint8Array && right instanceof Uint8Array && bytesEqual(left, right))) return false;
		} else if (Array.isArray(left) && Array.isArray(right)) {
			if (left.length !== right.length) return false;
			for (let index = 0; index < left.length; index++) pending.push(left[index], right[index]);
		} else if (isValueMap(left) && isValueMap(right)) {
			const keys = Object.keys(left);
			if (keys.length !== Object.keys(right).length) return false;
			for (const key of keys) {
				if (!Object.hasOwn(right, key)) return false;
				pending.push(left[key] as CanonicalValue, right[key] as CanonicalValue);
			}
		} else return false;
	}
	return true;
}
