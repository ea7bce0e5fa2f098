import { Buffer } from "node:buffer";
import { RetakeError } from "@retake/base";
import { printablePath } from "../path/printable-path.ts";
import type { Line } from "../text/lines.ts";
import type { TreePath } from "../tree-path.ts";

/** Why a patch cannot be read. */
export interface PatchInvalidData {
	/** Line of the patch, from 1. */
	readonly line: number;
	readonly reason: string;
}

/** Why a patch does not apply. */
export interface PatchConflictData {
	readonly path: TreePath;
	readonly reason: string;
	/** Number of the hunk within its file, from 1; null where the whole file is concerned. */
	readonly hunk: number | null;
	/** Line of the patch, from 1. */
	readonly line: number;
	/** What the hunk expects, at most 20 lines; bytes that are not UTF-8 are replaced. */
	readonly expected: readonly string[];
	/** What the file has where the hunk says, as many lines. */
	readonly found: readonly string[];
}

const shownLinesMax = 20;

/** Makes the error for a patch that cannot be read. */
export function invalidPatch(line: number, reason: string): RetakeError<PatchInvalidData> {
	return new RetakeError("PATCH_INVALID", `line ${line} of the patch: ${reason}`, {
		data: { line, reason },
		remedy: "make the patch with `git diff --binary` or `diff -u`",
	});
}

/** Makes the error for a patch that does not fit a file. */
export function patchConflict(
	conflict: Pick<PatchConflictData, "path" | "reason" | "line"> & {
		readonly hunk?: number;
		readonly expected?: readonly Line[];
		readonly found?: readonly Line[];
	},
): RetakeError<PatchConflictData> {
	const { path, reason, line } = conflict;
	const hunk = conflict.hunk ?? null;
	const place = hunk === null ? "" : `, hunk ${hunk}`;
	return new RetakeError("PATCH_CONFLICT", `the patch does not apply to "${printablePath(path)}"${place}: ${reason}`, {
		data: { path, reason, hunk, line, expected: shown(conflict.expected), found: shown(conflict.found) },
		remedy: "make the patch against the tree that it is applied to",
	});
}

function shown(lines: readonly Line[] = []): string[] {
	return lines.slice(0, shownLinesMax).map((line) => Buffer.from(line.slice(0, 400), "latin1").toString("utf8"));
}
