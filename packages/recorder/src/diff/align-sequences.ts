import { commonSubsequence } from "./common-subsequence.ts";
import { diffLimits } from "./diff-limits.ts";
import { longestIncreasing } from "./longest-increasing.ts";

/** Two stretches of the sequences: `a[aStart..aEnd)` and `b[bStart..bEnd)`. */
interface Segment {
	readonly aStart: number;
	readonly aEnd: number;
	readonly bStart: number;
	readonly bEnd: number;
}

/** Scratch space by key; all zero between two uses. */
interface KeyTable {
	readonly aCount: Int32Array;
	readonly bCount: Int32Array;
	readonly bPlace: Int32Array;
}

/**
 * Aligns two sequences of keys, numbers from 0 below `keyCount`. Returns for each element of `a` the index in `b` of the equal
 * element that stands for it, or -1; the indices increase. Equal ends are stripped, keys that occur once on each side
 * are anchors (patience), what lies between is searched exactly, and what is past `diffLimits` is aligned by order of occurrence.
 */
export function alignSequences(a: Int32Array, b: Int32Array, keyCount: number): Int32Array {
	const partner = new Int32Array(a.length).fill(-1);
	const table: KeyTable = {
		aCount: new Int32Array(keyCount),
		bCount: new Int32Array(keyCount),
		bPlace: new Int32Array(keyCount),
	};
	let stepsLeft: number = diffLimits.alignmentSteps;
	const pending: Segment[] = [{ aStart: 0, aEnd: a.length, bStart: 0, bEnd: b.length }];
	for (let whole = pending.pop(); whole !== undefined; whole = pending.pop()) {
		const segment = stripEqualEnds(a, b, whole, partner);
		const size = segment.aEnd - segment.aStart + segment.bEnd - segment.bStart;
		if (segment.aStart === segment.aEnd || segment.bStart === segment.bEnd) continue;
		if (stepsLeft <= 0) {
			pairByOccurrence(a, b, segment, partner);
			continue;
		}
		stepsLeft -= 2 * size;
		const anchors = uniqueAnchors(a, b, segment, table);
		if (anchors.length > 0) {
			pending.push(...splitAt(segment, anchors, partner));
			continue;
		}
		const shared = sharedElements(a, b, segment, table);
		const { pairs, steps } = commonSubsequence(shared.aKeys, shared.bKeys, {
			editsMax: diffLimits.alignmentEdits,
			stepsMax: stepsLeft,
		});
		stepsLeft -= steps;
		if (pairs === null) pairByOccurrence(a, b, segment, partner);
		else for (const [x, y] of pairs) partner[shared.aPlaces[x] as number] = shared.bPlaces[y] as number;
	}
	return partner;
}

function stripEqualEnds(a: Int32Array, b: Int32Array, segment: Segment, partner: Int32Array): Segment {
	let { aStart, aEnd, bStart, bEnd } = segment;
	while (aStart < aEnd && bStart < bEnd && a[aStart] === b[bStart]) partner[aStart++] = bStart++;
	while (aStart < aEnd && bStart < bEnd && a[aEnd - 1] === b[bEnd - 1]) partner[--aEnd] = --bEnd;
	return { aStart, aEnd, bStart, bEnd };
}

/** Pairs of indices whose key occurs once on each side of the segment, the most of them that keep their order. */
function uniqueAnchors(a: Int32Array, b: Int32Array, segment: Segment, table: KeyTable): [number, number][] {
	const { aStart, aEnd, bStart, bEnd } = segment;
	const { aCount, bCount, bPlace } = table;
	for (let index = aStart; index < aEnd; index++) (aCount[a[index] as number] as number)++;
	for (let index = bStart; index < bEnd; index++) {
		const key = b[index] as number;
		(bCount[key] as number)++;
		bPlace[key] = index;
	}
	const unique: [number, number][] = [];
	for (let index = aStart; index < aEnd; index++) {
		const key = a[index] as number;
		if (aCount[key] === 1 && bCount[key] === 1) unique.push([index, bPlace[key] as number]);
	}
	for (let index = aStart; index < aEnd; index++) aCount[a[index] as number] = 0;
	for (let index = bStart; index < bEnd; index++) bCount[b[index] as number] = 0;
	return longestIncreasing(unique.map(([, bIndex]) => bIndex)).map((index) => unique[index] as [number, number]);
}

/** The elements of a segment whose key occurs on both sides: no other can be part of a common subsequence. */
function sharedElements(a: Int32Array, b: Int32Array, segment: Segment, { aCount, bCount }: KeyTable) {
	const { aStart, aEnd, bStart, bEnd } = segment;
	for (let index = aStart; index < aEnd; index++) aCount[a[index] as number] = 1;
	for (let index = bStart; index < bEnd; index++) bCount[b[index] as number] = 1;
	const placesOf = (keys: Int32Array, start: number, end: number, other: Int32Array): number[] => {
		const places: number[] = [];
		for (let index = start; index < end; index++) if (other[keys[index] as number] === 1) places.push(index);
		return places;
	};
	const aPlaces = placesOf(a, aStart, aEnd, bCount);
	const bPlaces = placesOf(b, bStart, bEnd, aCount);
	for (let index = aStart; index < aEnd; index++) aCount[a[index] as number] = 0;
	for (let index = bStart; index < bEnd; index++) bCount[b[index] as number] = 0;
	const keysAt = (keys: Int32Array, places: readonly number[]): Int32Array =>
		Int32Array.from(places, (place) => keys[place] as number);
	return { aPlaces, bPlaces, aKeys: keysAt(a, aPlaces), bKeys: keysAt(b, bPlaces) };
}

function* splitAt(
	segment: Segment,
	anchors: readonly (readonly [number, number])[],
	partner: Int32Array,
): Generator<Segment> {
	let { aStart, bStart } = segment;
	for (const [aIndex, bIndex] of anchors) {
		partner[aIndex] = bIndex;
		yield { aStart, aEnd: aIndex, bStart, bEnd: bIndex };
		aStart = aIndex + 1;
		bStart = bIndex + 1;
	}
	yield { aStart, aEnd: segment.aEnd, bStart, bEnd: segment.bEnd };
}

/** Pairs the n-th occurrence of a key with the n-th on the other side, the most of these pairs that keep their order. */
function pairByOccurrence(a: Int32Array, b: Int32Array, segment: Segment, partner: Int32Array): void {
	const places = new Map<number, number[]>();
	for (let index = segment.bStart; index < segment.bEnd; index++) {
		const list = places.get(b[index] as number);
		if (list === undefined) places.set(b[index] as number, [index]);
		else list.push(index);
	}
	const seen = new Map<number, number>();
	const aIndices: number[] = [];
	const bIndices: number[] = [];
	for (let index = segment.aStart; index < segment.aEnd; index++) {
		const key = a[index] as number;
		const occurrence = seen.get(key) ?? 0;
		seen.set(key, occurrence + 1);
		const bIndex = places.get(key)?.[occurrence];
		if (bIndex === undefined) continue;
		aIndices.push(index);
		bIndices.push(bIndex);
	}
	for (const index of longestIncreasing(bIndices)) partner[aIndices[index] as number] = bIndices[index] as number;
}
