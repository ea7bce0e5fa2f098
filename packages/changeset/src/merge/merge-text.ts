import { diff3Merge } from "node-diff3";
import { commonEnds } from "../text/common-ends.ts";
import { bytesOf, isBinary, type Line, linesOf } from "../text/lines.ts";

/** Files larger than this are not merged line by line. */
export const mergeFileBytesMax = 8 * 1024 ** 2;

/** Comparisons that merging one file may take; a candidate chooses its lines, and the algorithm is quadratic in them. */
export const mergeStepsMax = 200_000_000;

/** The three sides of a merge. */
export interface TextSides {
	readonly base: Uint8Array;
	readonly ours: Uint8Array;
	readonly theirs: Uint8Array;
}

/** A stretch of merged lines, or one on which the sides disagree. */
export type MergeRegion =
	| { readonly kind: "agreed"; readonly lines: readonly Line[] }
	| {
			readonly kind: "conflict";
			readonly base: readonly Line[];
			readonly ours: readonly Line[];
			readonly theirs: readonly Line[];
	  };

/** What came of merging three texts. */
export type TextMerge =
	| { readonly kind: "clean"; readonly bytes: Uint8Array }
	| { readonly kind: "conflict"; readonly regions: readonly MergeRegion[] }
	| { readonly kind: "binary" }
	| { readonly kind: "too-large" };

/** Merges two texts by their common base, line by line. Bounded: what would take too long is `too-large`. */
export function mergeText(sides: TextSides): TextMerge {
	const all = [sides.ours, sides.base, sides.theirs];
	if (all.some((bytes) => bytes.length > mergeFileBytesMax)) return { kind: "too-large" };
	if (all.some(isBinary)) return { kind: "binary" };
	const ours = linesOf(sides.ours);
	const base = linesOf(sides.base);
	const theirs = linesOf(sides.theirs);
	const { start, end } = commonEnds(base, ours, theirs);
	const middle = (lines: readonly Line[]): Line[] => lines.slice(start, lines.length - end);
	const steps = mergeSteps(middle(base), middle(ours)) + mergeSteps(middle(base), middle(theirs));
	if (steps > mergeStepsMax) return { kind: "too-large" };
	const regions: MergeRegion[] = [{ kind: "agreed", lines: base.slice(0, start) }];
	for (const region of diff3Merge(middle(ours), middle(base), middle(theirs), { excludeFalseConflicts: true })) {
		if (region.ok !== undefined) regions.push({ kind: "agreed", lines: region.ok });
		if (region.conflict !== undefined) {
			const { a, o, b } = region.conflict;
			regions.push({ kind: "conflict", base: o, ours: a, theirs: b });
		}
	}
	regions.push({ kind: "agreed", lines: base.slice(base.length - end) });
	if (regions.some(({ kind }) => kind === "conflict")) return { kind: "conflict", regions };
	return { kind: "clean", bytes: bytesOf(regions.flatMap((region) => (region.kind === "agreed" ? region.lines : []))) };
}

/** Bounds the work of aligning two texts: every pair of equal lines, and every step through the chain of candidates. */
function mergeSteps(base: readonly Line[], side: readonly Line[]): number {
	const counts = new Map<Line, number>();
	for (const line of base) counts.set(line, (counts.get(line) ?? 0) + 1);
	const pairs = side.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
	return pairs + (base.length * Math.min(base.length, side.length)) / 2;
}
