import type { TextHunk } from "@retake/recorder";

/** A line of a text, with its number in that text. */
export interface SideLine {
	/** From 1. */
	readonly number: number;
	readonly differs: boolean;
	readonly text: string;
}

/** One line of two texts beside each other; null where a side has none. */
export interface SideBySideLine {
	readonly a: SideLine | null;
	readonly b: SideLine | null;
}

/** Sets a hunk's lines beside each other: lines that were removed and added at one place are paired in their order. */
export function hunkSides({ wasLine, nowLine, lines }: TextHunk): SideBySideLine[] {
	const sides: SideBySideLine[] = [];
	let [was, now] = [wasLine, nowLine];
	let removed: SideLine[] = [];
	let added: SideLine[] = [];
	const flush = (): void => {
		for (let index = 0; index < Math.max(removed.length, added.length); index++) {
			sides.push({ a: removed[index] ?? null, b: added[index] ?? null });
		}
		removed = [];
		added = [];
	};
	for (const { kind, text } of lines) {
		if (kind === "removed") removed.push({ number: was++, differs: true, text });
		else if (kind === "added") added.push({ number: now++, differs: true, text });
		else {
			flush();
			sides.push({ a: { number: was++, differs: false, text }, b: { number: now++, differs: false, text } });
		}
	}
	flush();
	return sides;
}

/** Characters that stay before the first difference of two lines that are too long. */
const lead = 8;

/** Leaves out how two long lines begin alike, so that where they differ is within a width; what is left out is shown by `…`. */
export function showDifference(a: string, b: string, width: number): readonly [string, string] {
	if (a === b || (a.length <= width && b.length <= width)) return [a, b];
	let same = 0;
	while (same < a.length && same < b.length && a[same] === b[same]) same++;
	if (same < width - lead) return [a, b];
	// A surrogate pair is not cut in two: both halves are alike, or the pair begins at the difference.
	const from = same - lead - (/[\uDC00-\uDFFF]/.test(a[same - lead] ?? "") ? 1 : 0);
	return [`…${a.slice(from)}`, `…${b.slice(from)}`];
}
