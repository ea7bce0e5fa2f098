import { diffArrays } from "diff";
import { commonEnds } from "../text/common-ends.ts";
import type { Line } from "../text/lines.ts";
import type { HunkLine } from "./patch-file.ts";

/** Insertions and deletions up to which the shortest way is looked for; the search takes the square of them. */
export const editLengthMax = 2000;

/**
 * Lists how one text becomes another, line by line: the shortest way where it takes at most `editLengthMax` edits, otherwise all
 * old lines between the common ends deleted and all new ones inserted. Bounded for any two texts.
 */
export function editScript(before: readonly Line[], after: readonly Line[]): HunkLine[] {
	const { start, end } = commonEnds(before, after);
	const script: HunkLine[] = [];
	const add = (kind: HunkLine["kind"], lines: readonly Line[]): void => {
		for (const text of lines) script.push({ kind, text });
	};
	const old = before.slice(start, before.length - end);
	const now = after.slice(start, after.length - end);
	add("context", before.slice(0, start));
	const parts =
		old.length === 0 || now.length === 0 ? undefined : diffArrays(old, now, { maxEditLength: editLengthMax });
	if (parts === undefined) {
		add("delete", old);
		add("insert", now);
	} else {
		for (const part of parts) add(part.added ? "insert" : part.removed ? "delete" : "context", part.value);
	}
	add("context", before.slice(before.length - end));
	return script;
}
