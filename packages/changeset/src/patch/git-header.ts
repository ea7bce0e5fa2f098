import { readHeaderName } from "./header-name.ts";
import { parseMode } from "./parse-mode.ts";
import { type PatchCursor, withoutLineEnd } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { PatchMode } from "./patch-file.ts";

/** What the lines between `diff --git` and a file's contents say. */
export interface GitHeader {
	/** Line of `diff --git`. */
	readonly line: number;
	/** What follows `diff --git `. */
	readonly names: string;
	oldMode: PatchMode | null;
	newMode: PatchMode | null;
	createdMode: PatchMode | null;
	deletedMode: PatchMode | null;
	renameFrom: string | null;
	renameTo: string | null;
	copyFrom: string | null;
	copyTo: string | null;
	oldOid: string;
	newOid: string;
	/** The names of `---` and `+++`, null for `/dev/null`; undefined where there are no such lines. */
	fileNames: { readonly old: string | null; readonly now: string | null } | undefined;
}

type HeaderField = (header: GitHeader, value: string, line: number) => void;

const fields: Readonly<Record<string, HeaderField>> = {
	"old mode ": (header, value, line) => {
		header.oldMode = parseMode(value, line);
	},
	"new mode ": (header, value, line) => {
		header.newMode = parseMode(value, line);
	},
	"new file mode ": (header, value, line) => {
		header.createdMode = parseMode(value, line);
	},
	"deleted file mode ": (header, value, line) => {
		header.deletedMode = parseMode(value, line);
	},
	"rename from ": (header, value, line) => {
		header.renameFrom = readHeaderName(value, line);
	},
	"rename to ": (header, value, line) => {
		header.renameTo = readHeaderName(value, line);
	},
	"copy from ": (header, value, line) => {
		header.copyFrom = readHeaderName(value, line);
	},
	"copy to ": (header, value, line) => {
		header.copyTo = readHeaderName(value, line);
	},
	"similarity index ": () => {},
	"dissimilarity index ": () => {},
	"index ": readIndex,
};

function readIndex(header: GitHeader, value: string, line: number): void {
	const index = /^([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d{6}))?$/.exec(value);
	if (index === null) throw invalidPatch(line, "the index line is not index HASH..HASH [MODE]");
	[, header.oldOid = "", header.newOid = ""] = index;
	if (index[3] !== undefined) header.oldMode ??= parseMode(index[3], line);
}

/** Reads a file's header up to its contents, or up to what is no longer part of it. */
export function parseGitHeader(cursor: PatchCursor): GitHeader {
	const line = cursor.line;
	const header: GitHeader = {
		line,
		names: withoutLineEnd(cursor.next() ?? "").slice("diff --git ".length),
		oldMode: null,
		newMode: null,
		createdMode: null,
		deletedMode: null,
		renameFrom: null,
		renameTo: null,
		copyFrom: null,
		copyTo: null,
		oldOid: "",
		newOid: "",
		fileNames: undefined,
	};
	for (let text = cursor.peek(); text !== null; text = cursor.peek()) {
		const value = withoutLineEnd(text);
		if (value.startsWith("--- ")) {
			readFileNames(cursor, header);
			break;
		}
		const prefix = Object.keys(fields).find((name) => value.startsWith(name));
		if (prefix === undefined) break;
		// What is cut off may be half of a name.
		if (!text.endsWith("\n")) throw invalidPatch(cursor.line, "the header is cut off");
		fields[prefix]?.(header, value.slice(prefix.length), cursor.line);
		cursor.next();
	}
	return header;
}

function readFileNames(cursor: PatchCursor, header: GitHeader): void {
	const line = cursor.line;
	const old = withoutLineEnd(cursor.next() ?? "").slice("--- ".length);
	const now = withoutLineEnd(cursor.next() ?? "");
	if (!now.startsWith("+++ ")) throw invalidPatch(line, "the line --- is not followed by +++");
	header.fileNames = { old: readHeaderName(old, line), now: readHeaderName(now.slice("+++ ".length), line + 1) };
}
