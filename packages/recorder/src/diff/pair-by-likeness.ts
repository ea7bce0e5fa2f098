import type { TraceCall } from "../trace/trace.ts";
import { inputLikeness, sketchInput } from "./input-likeness.ts";

/** Below it, two inputs of one tool are two calls rather than one that changed. */
const likenessMin = 0.3;

/** How many comparisons of inputs are left, over one whole diff. */
export interface ComparisonBudget {
	left: number;
}

interface Candidate {
	readonly a: number;
	readonly b: number;
	readonly likeness: number;
	/** How far apart the two stand in their gap. */
	readonly distance: number;
}

/**
 * Pairs calls of one tool by the likeness of their inputs, the most alike first. Where comparing each with each would
 * exceed the budget, the n-th is compared with the n-th alone.
 */
export function pairByLikeness(
	aCalls: readonly TraceCall[],
	bCalls: readonly TraceCall[],
	aIndices: readonly number[],
	bIndices: readonly number[],
	budget: ComparisonBudget,
): [number, number][] {
	const comparisons = aIndices.length * bIndices.length;
	if (comparisons === 0) return [];
	const sketchOf = (calls: readonly TraceCall[], index: number) => sketchInput((calls[index] as TraceCall).input);
	if (comparisons > budget.left) {
		const length = Math.min(aIndices.length, bIndices.length);
		return Array.from({ length }, (_, index): [number, number] => [
			aIndices[index] as number,
			bIndices[index] as number,
		]).filter(([a, b]) => inputLikeness(sketchOf(aCalls, a), sketchOf(bCalls, b)) >= likenessMin);
	}
	budget.left -= comparisons;
	const aSketches = aIndices.map((index) => sketchOf(aCalls, index));
	const bSketches = bIndices.map((index) => sketchOf(bCalls, index));
	const candidates: Candidate[] = [];
	for (const [aPlace, aSketch] of aSketches.entries()) {
		for (const [bPlace, bSketch] of bSketches.entries()) {
			const likeness = inputLikeness(aSketch, bSketch);
			if (likeness >= likenessMin) {
				candidates.push({ a: aPlace, b: bPlace, likeness, distance: Math.abs(aPlace - bPlace) });
			}
		}
	}
	candidates.sort((x, y) => y.likeness - x.likeness || x.distance - y.distance || x.a - y.a || x.b - y.b);
	const aTaken = new Set<number>();
	const bTaken = new Set<number>();
	const pairs: [number, number][] = [];
	for (const { a, b } of candidates) {
		if (aTaken.has(a) || bTaken.has(b)) continue;
		aTaken.add(a);
		bTaken.add(b);
		pairs.push([aIndices[a] as number, bIndices[b] as number]);
	}
	return pairs;
}
