import type { PatchCursor } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { Hunk, HunkLine } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

const hunkHeader = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

/** What may follow a hunk though it begins like one of its lines: a mail's signature, the next file's header. */
const endOfPatch = /^(?:-- ?\r?\n?$|---(?: |\r?\n?$))/;

/** The mark stands in the words of whoever made the patch; git takes no shorter ones. */
const markLengthMin = "\\ No newline".length;

/** Tells whether a line begins a hunk. */
export function isHunkHeader(line: string | null | undefined): boolean {
	return line?.startsWith("@@ -") ?? false;
}

/** Reads the hunks of one file. Throws `PATCH_INVALID` where one is cut off or does not hold what its header counts. */
export function parseHunks(cursor: PatchCursor, budget: PatchBudget): Hunk[] {
	const hunks: Hunk[] = [];
	const ended = { old: false, now: false };
	while (isHunkHeader(cursor.peek())) {
		budget.take("hunks", 1);
		hunks.push(parseHunk(cursor, budget, ended));
	}
	const next = cursor.peek();
	if (next !== null && (next.startsWith("+") || (next.startsWith("-") && !endOfPatch.test(next)))) {
		throw invalidPatch(cursor.line, "the hunk goes on after as many lines as its header counts");
	}
	return hunks;
}

function parseHunk(cursor: PatchCursor, budget: PatchBudget, ended: { old: boolean; now: boolean }): Hunk {
	const line = cursor.line;
	const header = hunkHeader.exec(cursor.next() ?? "");
	if (header === null) throw invalidPatch(line, "the hunk's header is not @@ -line,count +line,count @@");
	const [, oldStart, oldCount = "1", newStart, newCount = "1"] = header;
	let oldLeft = Number(oldCount);
	let newLeft = Number(newCount);
	const lines: HunkLine[] = [];
	while (oldLeft > 0 || newLeft > 0) {
		const parsed = parseLine(cursor);
		budget.take("lines", 1);
		const [inOld, inNew] = [parsed.kind !== "insert", parsed.kind !== "delete"];
		if (inOld) oldLeft--;
		if (inNew) newLeft--;
		if (oldLeft < 0 || newLeft < 0)
			throw invalidPatch(cursor.line - 1, "the hunk does not hold as many lines as its header counts");
		if ((inOld && ended.old) || (inNew && ended.now))
			throw invalidPatch(cursor.line - 1, "a line follows the end of the file");
		if (!parsed.text.endsWith("\n")) {
			ended.old ||= inOld;
			ended.now ||= inNew;
		}
		lines.push(parsed);
	}
	if (lines.every(({ kind }) => kind === "context")) throw invalidPatch(line, "the hunk changes nothing");
	return { line, oldStart: Number(oldStart), newStart: Number(newStart), lines };
}

function parseLine(cursor: PatchCursor): HunkLine {
	const number = cursor.line;
	const line = cursor.next();
	if (line?.endsWith("\n") !== true) throw invalidPatch(number, "the hunk is cut off");
	const kind = kindOf(line);
	if (kind === null) throw invalidPatch(number, "the hunk has a line that begins with neither a space, +, - nor \\");
	const text = line === "\n" ? line : line.slice(1);
	const mark = cursor.peek();
	if (mark?.startsWith("\\ ") !== true) return { kind, text };
	if (mark.length < markLengthMin) throw invalidPatch(number + 1, "the mark of a missing line feed is cut off");
	cursor.next();
	if (text === "\n") throw invalidPatch(number, "an empty line cannot be the end of a file without a line feed");
	return { kind, text: text.slice(0, -1) };
}

function kindOf(line: string): HunkLine["kind"] | null {
	switch (line.charAt(0)) {
		case "+":
			return "insert";
		case "-":
			return "delete";
		// Mailers strip the one space of an empty context line.
		case " ":
		case "\n":
			return "context";
		default:
			return null;
	}
}
