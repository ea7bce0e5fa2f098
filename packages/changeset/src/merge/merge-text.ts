import { bytesOf, isBinary, type Line, linesOf } from "../text/lines.ts";
import { type LineEdit, lineEdits } from "./line-edits.ts";

/** Files larger than this are not merged line by line. */
export const mergeFileBytesMax = 8 * 1024 ** 2;

/** A stretch of merged lines, or one on which sides disagree: what the base has there, and what each side has, in their order. */
export type MergeRegion =
	| { readonly kind: "agreed"; readonly lines: readonly Line[] }
	| { readonly kind: "conflict"; readonly base: readonly Line[]; readonly sides: readonly (readonly Line[])[] };

/** What came of merging texts. */
export type TextMerge =
	| { readonly kind: "clean"; readonly bytes: Uint8Array }
	| { readonly kind: "conflict"; readonly regions: readonly MergeRegion[] }
	| { readonly kind: "binary" }
	| { readonly kind: "too-large" };

/**
 * Merges any number of texts by their common base, line by line: diff3 for more than two sides. Each side is aligned with the base
 * alone, and edits that overlap or touch are a conflict unless all are alike, so the order of the sides changes nothing.
 */
export function mergeText(base: Uint8Array, sides: readonly Uint8Array[]): TextMerge {
	const all = [base, ...sides];
	if (all.some((bytes) => bytes.length > mergeFileBytesMax)) return { kind: "too-large" };
	if (all.some(isBinary)) return { kind: "binary" };
	const lines = linesOf(base);
	const edits = sides.map((side) => lineEdits(lines, linesOf(side)));
	const regions = [...mergedRegions(lines, edits)];
	if (regions.some(({ kind }) => kind === "conflict")) return { kind: "conflict", regions };
	return { kind: "clean", bytes: bytesOf(regions.flatMap((region) => (region.kind === "agreed" ? region.lines : []))) };
}

interface SideEdit extends LineEdit {
	readonly side: number;
}

function* mergedRegions(base: readonly Line[], edits: readonly (readonly LineEdit[])[]): Generator<MergeRegion> {
	const waiting: SideEdit[] = edits
		.flatMap((ofSide, side) => ofSide.map((edit) => ({ ...edit, side })))
		.sort((left, right) => left.start - right.start || left.end - right.end);
	let done = 0;
	for (let next = 0; next < waiting.length; ) {
		const first = waiting[next] as SideEdit;
		const stretch = { start: first.start, end: first.end };
		const group: SideEdit[] = [];
		for (
			let edit: SideEdit | undefined = first;
			edit !== undefined && edit.start <= stretch.end;
			edit = waiting[++next]
		) {
			stretch.end = Math.max(stretch.end, edit.end);
			group.push(edit);
		}
		yield { kind: "agreed", lines: base.slice(done, stretch.start) };
		yield mergedStretch(base, stretch, group, edits.length);
		done = stretch.end;
	}
	yield { kind: "agreed", lines: base.slice(done) };
}

interface Stretch {
	readonly start: number;
	readonly end: number;
}

function mergedStretch(
	base: readonly Line[],
	stretch: Stretch,
	group: readonly SideEdit[],
	sideCount: number,
): MergeRegion {
	const sides = Array.from({ length: sideCount }, (_, side) =>
		edited(
			base,
			stretch,
			group.filter((edit) => edit.side === side),
		),
	);
	const [first, ...others] = [...new Set(group.map(({ side }) => side))].map((side) => sides[side] as Line[]);
	if (first !== undefined && others.every((other) => other.join("") === first.join(""))) {
		return { kind: "agreed", lines: first };
	}
	return { kind: "conflict", base: base.slice(stretch.start, stretch.end), sides };
}

/** What one side has in a stretch of the base. */
function edited(base: readonly Line[], { start, end }: Stretch, edits: readonly LineEdit[]): Line[] {
	const lines: Line[] = [];
	let done = start;
	for (const edit of edits) {
		lines.push(...base.slice(done, edit.start));
		for (const line of edit.lines) lines.push(line);
		done = edit.end;
	}
	for (const line of base.slice(done, end)) lines.push(line);
	return lines;
}
