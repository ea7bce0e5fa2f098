import type { CanonicalValue } from "@retake/changeset";
import { escapePointerSegment } from "../trace/pointer-differences.ts";
import { isValueMap } from "../trace/values-equal.ts";
import { diffLimits } from "./diff-limits.ts";

/** One leaf of an input. Its words are looked for when a comparison first asks: most leaves are equal or never compared. */
class Leaf {
	readonly value: string | number | boolean | null;
	#words: ReadonlySet<string> | null = null;

	constructor(value: string | number | boolean | null | Uint8Array) {
		this.value = value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
	}

	get words(): ReadonlySet<string> {
		this.#words ??= firstWords(String(this.value));
		return this.#words;
	}
}

function firstWords(text: string): ReadonlySet<string> {
	const words = new Set<string>();
	for (const [word] of text.slice(0, diffLimits.similarityCharacters).matchAll(/[\p{L}\p{N}_]+/gu)) {
		words.add(word);
		if (words.size === diffLimits.similarityWords) break;
	}
	return words;
}

/** What of an input counts towards its likeness to another: its first leaves by pointer, and the first words of each. */
export type InputSketch = ReadonlyMap<string, Leaf>;

/** Takes the sketch of an input. Its size is bounded, whatever the input's. */
export function sketchInput(input: CanonicalValue): InputSketch {
	const leaves = new Map<string, Leaf>();
	const pending: { readonly pointer: string; readonly value: CanonicalValue }[] = [{ pointer: "", value: input }];
	for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
		if (leaves.size === diffLimits.similarityLeaves) break;
		const { pointer, value } = place;
		if (Array.isArray(value) || isValueMap(value)) {
			const children = Object.entries(value as { readonly [key: string]: CanonicalValue });
			for (const [key, child] of children.slice(0, diffLimits.similarityLeaves).reverse()) {
				pending.push({ pointer: `${pointer}/${escapePointerSegment(key)}`, value: child });
			}
		} else leaves.set(pointer, new Leaf(value as Leaf["value"] | Uint8Array));
	}
	return leaves;
}

function leafLikeness(a: Leaf, b: Leaf): number {
	if (a.value === b.value) return 1;
	if (a.words.size + b.words.size === 0) return 0;
	let shared = 0;
	for (const word of a.words) if (b.words.has(word)) shared++;
	// Leaves that differ only past what is looked at are not equal.
	return Math.min(0.9, (2 * shared) / (a.words.size + b.words.size));
}

/** Measures how alike two inputs are, from 0 to 1: the mean over all their leaves, a leaf that only one has counting 0. */
export function inputLikeness(a: InputSketch, b: InputSketch): number {
	if (a.size + b.size === 0) return 1;
	let sum = 0;
	let shared = 0;
	for (const [pointer, leaf] of a) {
		const other = b.get(pointer);
		if (other === undefined) continue;
		shared++;
		sum += leafLikeness(leaf, other);
	}
	return sum / (a.size + b.size - shared);
}
