import type { Line } from "../text/lines.ts";
import { editScript } from "./edit-script.ts";
import type { HunkLine } from "./patch-file.ts";

const contextLines = 3;

const signs = { context: " ", delete: "-", insert: "+" } as const;

/** Writes what changed between two texts as hunks with three lines of context. Equal texts give none. */
export function formatHunks(before: readonly Line[], after: readonly Line[]): string {
	const script = editScript(before, after);
	let [oldLine, newLine, index] = [1, 1, 0];
	const parts: string[] = [];
	for (const { from, to } of changedStretches(script)) {
		for (; index < from; index++, oldLine++, newLine++);
		const lines = script.slice(from, to);
		const oldCount = lines.filter(({ kind }) => kind !== "insert").length;
		const newCount = lines.filter(({ kind }) => kind !== "delete").length;
		parts.push(`@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@\n`);
		for (const line of lines) parts.push(formatLine(line));
		oldLine += oldCount;
		newLine += newCount;
		index = to;
	}
	return parts.join("");
}

/** Where the changes are in a script, with context around them; those whose context would touch are one. */
function* changedStretches(script: readonly HunkLine[]): Generator<{ readonly from: number; readonly to: number }> {
	let open: { from: number; to: number } | null = null;
	for (const [index, { kind }] of script.entries()) {
		if (kind === "context") continue;
		const from = Math.max(0, index - contextLines);
		const to = Math.min(script.length, index + 1 + contextLines);
		if (open !== null && from <= open.to) {
			open.to = to;
			continue;
		}
		if (open !== null) yield open;
		open = { from, to };
	}
	if (open !== null) yield open;
}

// An empty side is named by the line before it.
function range(start: number, count: number): string {
	if (count === 0) return `${start - 1},0`;
	return count === 1 ? `${start}` : `${start},${count}`;
}

function formatLine({ kind, text }: HunkLine): string {
	const line = `${signs[kind]}${text}`;
	return text.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`;
}
