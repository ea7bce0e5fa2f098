import type { CanonicalValue } from "@retake/changeset";
import { isValueMap, valuesEqual } from "./values-equal.ts";

/** One place at which two values differ, named by a JSON pointer (RFC 6901); the empty pointer is the whole value. */
export type PointerDifference =
	| { readonly kind: "added"; readonly pointer: string; readonly now: CanonicalValue }
	| { readonly kind: "removed"; readonly pointer: string; readonly was: CanonicalValue }
	| { readonly kind: "changed"; readonly pointer: string; readonly was: CanonicalValue; readonly now: CanonicalValue };

interface Place {
	readonly pointer: string;
	/** Undefined where there is nothing. */
	readonly was: CanonicalValue | undefined;
	readonly now: CanonicalValue | undefined;
}

/** Returns a map's key or a list's index as it is spelled in a JSON pointer. */
export function escapePointerSegment(segment: string): string {
	return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

function childrenOf(place: Place): Place[] | null {
	const { pointer, was, now } = place;
	if (was === undefined || now === undefined) return null;
	if (Array.isArray(was) && Array.isArray(now)) {
		const length = Math.max(was.length, now.length);
		return Array.from({ length }, (_, index) => ({
			pointer: `${pointer}/${index}`,
			was: was[index] as CanonicalValue | undefined,
			now: now[index] as CanonicalValue | undefined,
		}));
	}
	if (isValueMap(was) && isValueMap(now)) {
		const keys = [...new Set([...Object.keys(was), ...Object.keys(now)])].toSorted();
		return keys.map((key) => ({
			pointer: `${pointer}/${escapePointerSegment(key)}`,
			was: Object.hasOwn(was, key) ? was[key] : undefined,
			now: Object.hasOwn(now, key) ? now[key] : undefined,
		}));
	}
	return null;
}

function differenceAt({ pointer, was, now }: Place): PointerDifference | null {
	if (was === undefined) return now === undefined ? null : { kind: "added", pointer, now };
	if (now === undefined) return { kind: "removed", pointer, was };
	return valuesEqual(was, now) ? null : { kind: "changed", pointer, was, now };
}

/**
 * Compares two canonical values and returns every place at which they differ, as deep as both sides have the same sort of
 * value, keys in order. Lists are compared index by index; bytes as a whole. Empty where the values are equal.
 */
export function pointerDifferences(was: CanonicalValue, now: CanonicalValue): readonly PointerDifference[] {
	const differences: PointerDifference[] = [];
	const pending: Place[] = [{ pointer: "", was, now }];
	for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
		if (place.was === place.now) continue;
		const children = childrenOf(place);
		if (children !== null) {
			for (const child of children.reverse()) pending.push(child);
			continue;
		}
		const difference = differenceAt(place);
		if (difference !== null) differences.push(difference);
	}
	return differences;
}
