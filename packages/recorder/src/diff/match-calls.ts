import type { TraceCall } from "../trace/trace.ts";
import { alignSequences } from "./align-sequences.ts";
import { diffLimits } from "./diff-limits.ts";
import { pairByLikeness } from "./pair-by-likeness.ts";

/** How two calls belong together; `alone` where a call has no partner. */
export type MatchRelation = "alone" | "aligned" | "moved" | "input-changed";

/** For each call of one run, its partner in the other. */
export interface CallMatching {
	/** Index in the other run, or -1. */
	readonly partner: Int32Array;
	readonly relation: readonly MatchRelation[];
}

/** The calls of one run with the numbers of their keys: equal keys, equal numbers. */
export interface KeyedCalls {
	readonly calls: readonly TraceCall[];
	readonly keys: Int32Array;
}

/** Finds for each call of `a` its partner in `b`: by alignment, else by an equal key elsewhere, else by likeness in the same gap. */
export function matchCalls(a: KeyedCalls, b: KeyedCalls, keyCount: number): CallMatching {
	const partner = alignSequences(a.keys, b.keys, keyCount);
	const relation: MatchRelation[] = Array.from(partner, (index) => (index < 0 ? "alone" : "aligned"));
	const aligned = partner.slice();
	const bTaken = new Uint8Array(b.calls.length);
	for (const index of partner) if (index >= 0) bTaken[index] = 1;

	const match = (aIndex: number, bIndex: number, how: MatchRelation): void => {
		partner[aIndex] = bIndex;
		relation[aIndex] = how;
		bTaken[bIndex] = 1;
	};
	for (const [aIndex, bIndex] of findMoved(a.keys, b.keys, partner, bTaken)) match(aIndex, bIndex, "moved");
	const budget = { left: diffLimits.similarityComparisons as number };
	for (const { aIndices, bIndices } of findGaps(aligned, partner, bTaken)) {
		const bByTool = Map.groupBy(bIndices, (index) => toolOf(b.calls, index));
		for (const [tool, sameTool] of Map.groupBy(aIndices, (index) => toolOf(a.calls, index))) {
			const others = bByTool.get(tool) ?? [];
			for (const [aIndex, bIndex] of pairByLikeness(a.calls, b.calls, sameTool, others, budget)) {
				match(aIndex, bIndex, "input-changed");
			}
		}
	}
	return { partner, relation };
}

/** Turns a matching around: for each call of the other run, its partner in this one. */
export function invertMatching({ partner, relation }: CallMatching, otherCount: number): CallMatching {
	const inverse = new Int32Array(otherCount).fill(-1);
	const inverseRelation: MatchRelation[] = Array.from({ length: otherCount }, () => "alone");
	for (const [index, other] of partner.entries()) {
		if (other < 0) continue;
		inverse[other] = index;
		inverseRelation[other] = relation[index] as MatchRelation;
	}
	return { partner: inverse, relation: inverseRelation };
}

function toolOf(calls: readonly TraceCall[], index: number): string {
	const { kind, tool } = (calls[index] as TraceCall).identity;
	return `${kind} ${tool}`;
}

function findMoved(aKeys: Int32Array, bKeys: Int32Array, partner: Int32Array, bTaken: Uint8Array): [number, number][] {
	const places = new Map<number, number[]>();
	for (let index = bKeys.length - 1; index >= 0; index--) {
		if (bTaken[index] === 1) continue;
		const key = bKeys[index] as number;
		const list = places.get(key);
		if (list === undefined) places.set(key, [index]);
		else list.push(index);
	}
	const pairs: [number, number][] = [];
	for (const [aIndex, key] of aKeys.entries()) {
		if ((partner[aIndex] as number) >= 0) continue;
		const bIndex = places.get(key)?.pop();
		if (bIndex !== undefined) pairs.push([aIndex, bIndex]);
	}
	return pairs;
}

/** Yields the unmatched calls of both runs between each two aligned ones, where both sides have some. */
function* findGaps(
	aligned: Int32Array,
	partner: Int32Array,
	bTaken: Uint8Array,
): Generator<{ readonly aIndices: readonly number[]; readonly bIndices: readonly number[] }> {
	let aIndices: number[] = [];
	let bNext = 0;
	for (let aIndex = 0; aIndex <= aligned.length; aIndex++) {
		const atEnd = aIndex === aligned.length;
		const bEnd = atEnd ? bTaken.length : (aligned[aIndex] as number);
		if (!atEnd && bEnd < 0) {
			if ((partner[aIndex] as number) < 0) aIndices.push(aIndex);
			continue;
		}
		const bIndices: number[] = [];
		for (let index = bNext; index < bEnd; index++) if (bTaken[index] === 0) bIndices.push(index);
		if (aIndices.length > 0 && bIndices.length > 0) yield { aIndices, bIndices };
		aIndices = [];
		bNext = bEnd + 1;
	}
}
