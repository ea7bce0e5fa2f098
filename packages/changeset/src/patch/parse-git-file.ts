import type { TreePath } from "../tree-path.ts";
import { type GitHeader, parseGitHeader } from "./git-header.ts";
import { pathOfGitHeader, pathOfName, stripOfGitHeader } from "./header-name.ts";
import { onlyDeletes, onlyInserts } from "./one-sided.ts";
import { parseBinary } from "./parse-binary.ts";
import { isHunkHeader, parseHunks } from "./parse-hunks.ts";
import { type PatchCursor, withoutLineEnd } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { PatchContent, PatchFile } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

/** Reads one file of a git diff, from its `diff --git` line on. */
export function parseGitFile(cursor: PatchCursor, budget: PatchBudget): PatchFile {
	const header = parseGitHeader(cursor);
	const content = parseContent(cursor, header, budget);
	return header.renameFrom !== null || header.renameTo !== null || header.copyFrom !== null || header.copyTo !== null
		? movedFile(header, content)
		: fileInPlace(header, content);
}

function parseContent(cursor: PatchCursor, header: GitHeader, budget: PatchBudget): PatchContent {
	const next = withoutLineEnd(cursor.peek() ?? "");
	if (header.fileNames !== undefined) {
		if (!isHunkHeader(next)) throw invalidPatch(cursor.line, "the file's header is not followed by a hunk");
		return { kind: "hunks", hunks: parseHunks(cursor, budget) };
	}
	// Without the lines --- and +++ the first line names the file.
	if (isHunkHeader(next)) return { kind: "hunks", hunks: parseHunks(cursor, budget) };
	if (next.startsWith("Binary files ") || next.startsWith("Files ")) {
		throw invalidPatch(cursor.line, "the contents of a binary file are missing; make the patch with git diff --binary");
	}
	if (next !== "GIT binary patch") return { kind: "unchanged" };
	cursor.next();
	const { oldOid, newOid } = header;
	const full = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
	if (!full.test(oldOid) || !full.test(newOid))
		throw invalidPatch(header.line, "a binary patch needs a full index line");
	return { kind: "binary", payload: parseBinary(cursor, budget), oldOid, newOid };
}

function movedFile(header: GitHeader, content: PatchContent): PatchFile {
	const { line, renameFrom, renameTo, copyFrom, copyTo, oldMode, newMode, fileNames } = header;
	const isRename = renameFrom !== null || renameTo !== null;
	const [from, to] = isRename ? [renameFrom, renameTo] : [copyFrom, copyTo];
	const mixed = isRename && (copyFrom !== null || copyTo !== null);
	if (from === null || to === null || mixed || header.createdMode !== null || header.deletedMode !== null) {
		throw invalidPatch(line, "the header does not say from where to where the file moves");
	}
	const moved = { from: pathOfName(from, 0, line), path: pathOfName(to, 0, line) };
	if (moved.from === moved.path) throw invalidPatch(line, "the file moves to where it is");
	if (fileNames !== undefined) {
		const { old, now } = fileNames;
		// The two names differ, so that the first line does not tell where one ends; these do.
		const isNamed = ([0, 1] as const).some(
			(strip) => isPath(old, strip, moved.from, line) && isPath(now, strip, moved.path, line),
		);
		if (!isNamed) throw invalidPatch(line, "the header names the file in two ways");
	}
	checkModes(header);
	return { kind: isRename ? "rename" : "copy", line, ...moved, oldMode, newMode, content };
}

function isPath(name: string | null, strip: 0 | 1, path: TreePath, line: number): boolean {
	return name !== null && (strip === 0 || name.includes("/")) && pathOfName(name, strip, line) === path;
}

function fileInPlace(header: GitHeader, content: PatchContent): PatchFile {
	const { line, fileNames, createdMode, deletedMode } = header;
	const path = pathInPlace(header);
	const creates = createdMode !== null || fileNames?.old === null;
	const deletes = deletedMode !== null || fileNames?.now === null;
	if (creates && deletes) throw invalidPatch(line, "the file is both created and deleted");
	if (creates && fileNames !== undefined && fileNames.old !== null)
		throw invalidPatch(line, "a created file has an old name");
	if (deletes && fileNames !== undefined && fileNames.now !== null)
		throw invalidPatch(line, "a deleted file has a new name");
	if (creates) return { kind: "create", line, path, mode: createdMode ?? "regular", content: onlyInserts(content) };
	if (deletes) return { kind: "delete", line, path, mode: deletedMode, content: onlyDeletes(content) };
	checkModes(header);
	const { oldMode, newMode } = header;
	if (content.kind === "unchanged" && (newMode === null || oldMode === null || oldMode === newMode)) {
		throw invalidPatch(line, "the header changes nothing");
	}
	return { kind: "modify", line, path, oldMode, newMode, content };
}

function pathInPlace({ line, names, fileNames }: GitHeader): TreePath {
	const strip = stripOfGitHeader(names);
	const named = pathOfGitHeader(names, strip, line);
	if (fileNames === undefined) {
		if (named === null) throw invalidPatch(line, "the header does not name one file");
		return named;
	}
	const old = fileNames.old === null ? null : pathOfName(fileNames.old, strip, line);
	const now = fileNames.now === null ? null : pathOfName(fileNames.now, strip, line);
	const path = now ?? old;
	if (path === null || path !== named || (old !== null && old !== path)) {
		throw invalidPatch(line, "the header does not name one file");
	}
	return path;
}

function checkModes({ line, oldMode, newMode }: GitHeader): void {
	if (newMode !== null && oldMode !== null && (oldMode === "symlink") !== (newMode === "symlink")) {
		throw invalidPatch(line, "a file that becomes a link, or a link that becomes a file, must be deleted and created");
	}
}
