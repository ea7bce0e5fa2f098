import { pathOfName, readHeaderName } from "./header-name.ts";
import { onlyDeletes, onlyInserts } from "./one-sided.ts";
import { parseHunks } from "./parse-hunks.ts";
import { type PatchCursor, withoutLineEnd } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { PatchContent, PatchFile } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

const timestamp = /(\d{4}-\d\d-\d\d) (\d\d:\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?: ?([+-]\d\d):?(\d\d))?$/;

/** One side of a plain header: its name as it stands there, null where no file is on that side. */
interface Side {
	readonly name: string | null;
}

/**
 * Reads one file of a plain unified diff, from its `---` line on. Names lose one component where they begin `a/` and `b/`, or
 * where they differ in their first component alone (`diff -ru old new`). A file dated 1970-01-01 00:00 UTC is no file.
 */
export function parsePlainFile(cursor: PatchCursor, budget: PatchBudget): PatchFile {
	const line = cursor.line;
	const old = readSide(withoutLineEnd(cursor.next() ?? "").slice("--- ".length), line);
	const now = readSide(withoutLineEnd(cursor.next() ?? "").slice("+++ ".length), line + 1);
	const content: PatchContent = { kind: "hunks", hunks: parseHunks(cursor, budget) };
	const { name, strip } = chooseName(old, now, line);
	const path = pathOfName(name, strip, line);
	if (old.name === null) return { kind: "create", line, path, mode: "regular", content: onlyInserts(content) };
	if (now.name === null) return { kind: "delete", line, path, mode: null, content: onlyDeletes(content) };
	return { kind: "modify", line, path, oldMode: null, newMode: null, content };
}

function readSide(text: string, line: number): Side {
	const stamp = timestamp.exec(text);
	const isEpoch = stamp !== null && secondsOf(stamp) === 0;
	const untabbed = text.includes("\t") || stamp === null ? text : text.slice(0, stamp.index).trimEnd();
	const name = readHeaderName(untabbed, line);
	return { name: isEpoch ? null : name };
}

function secondsOf([, date, minutes, seconds = "00", zoneHours = "+00", zoneMinutes = "00"]: RegExpExecArray): number {
	return Date.parse(`${date}T${minutes}:${seconds}${zoneHours}:${zoneMinutes}`) / 1000;
}

function chooseName(old: Side, now: Side, line: number): { readonly name: string; readonly strip: 0 | 1 } {
	if (old.name === null || now.name === null) {
		const name = old.name ?? now.name;
		if (name === null) throw invalidPatch(line, "neither side names a file");
		return { name, strip: name.startsWith("a/") || name.startsWith("b/") ? 1 : 0 };
	}
	if (old.name.startsWith("a/") && now.name.startsWith("b/")) {
		if (old.name.slice(2) === now.name.slice(2)) return { name: now.name, strip: 1 };
	} else if (old.name === now.name) {
		return { name: now.name, strip: 0 };
	} else if (withoutFirst(old.name) !== null && withoutFirst(old.name) === withoutFirst(now.name)) {
		return { name: now.name, strip: 1 };
	}
	return {
		name: shorterName(old.name, now.name, line),
		strip: old.name.startsWith("a/") && now.name.startsWith("b/") ? 1 : 0,
	};
}

function withoutFirst(name: string): string | null {
	const slash = name.indexOf("/");
	return slash <= 0 ? null : name.slice(slash + 1);
}

// `diff -u file.orig file`, in either direction: the file is the one without the ending.
function shorterName(old: string, now: string, line: number): string {
	const [shorter, longer] = old.length < now.length ? [old, now] : [now, old];
	if (longer === `${shorter}.orig` || longer === `${shorter}.new` || longer === `${shorter}~`) return shorter;
	throw invalidPatch(line, "the two names are not those of one file");
}
