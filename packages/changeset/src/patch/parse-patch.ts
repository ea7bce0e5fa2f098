import type { RetakeError } from "@retake/base";
import { parseGitFile } from "./parse-git-file.ts";
import { isHunkHeader } from "./parse-hunks.ts";
import { parsePlainFile } from "./parse-plain-file.ts";
import { PatchCursor } from "./patch-cursor.ts";
import { invalidPatch } from "./patch-error.ts";
import type { Patch, PatchFile } from "./patch-file.ts";
import { defaultPatchLimits, PatchBudget, type PatchLimits } from "./patch-limits.ts";

/**
 * Reads a unified diff or a git diff. What stands before, between and after the files (mail headers, prose, signatures) is
 * skipped. Throws `PATCH_INVALID` with line and reason for whatever cannot be read or represented, `PATH_REFUSED` for a path
 * that is not clean, `LIMIT_EXCEEDED` with the limit's name. Nothing of a patch is kept where any of it is refused.
 */
export function parsePatch(bytes: Uint8Array, limits: PatchLimits = defaultPatchLimits): Patch {
	const budget = new PatchBudget(limits);
	budget.allow("bytes", bytes.length);
	if (bytes.length === 0) throw invalidPatch(1, "the patch is empty");
	const cursor = new PatchCursor(bytes);
	const files: PatchFile[] = [];
	for (let line = cursor.peek(); line !== null; line = cursor.peek()) {
		const parse = parserFor(line, cursor);
		if (parse === null) {
			cursor.next();
			continue;
		}
		budget.take("files", 1);
		files.push(parse(cursor, budget));
	}
	if (files.length === 0) throw noFile(bytes);
	return { kind: "patch", files };
}

type FileParser = (cursor: PatchCursor, budget: PatchBudget) => PatchFile;

function parserFor(line: string, cursor: PatchCursor): FileParser | null {
	switch (line.charAt(0)) {
		case "d":
			if (line.startsWith("diff --git ")) return parseGitFile;
			if (line.startsWith("diff --cc ") || line.startsWith("diff --combined ")) {
				throw invalidPatch(cursor.line, "the diff of a merge has more than one old side");
			}
			return null;
		case "-":
			return line.startsWith("--- ") && beginsPlainFile(cursor) ? parsePlainFile : null;
		case "@":
			if (isHunkHeader(line)) throw invalidPatch(cursor.line, "the hunk belongs to no file");
			return null;
		case "G":
			if (/^GIT binary patch\r?\n?$/.test(line)) throw invalidPatch(cursor.line, "the binary patch belongs to no file");
			return null;
		case "B":
			if (/^Binary files .+ differ\r?\n?$/.test(line)) {
				throw invalidPatch(
					cursor.line,
					"the contents of a binary file are missing; make the patch with git diff --binary",
				);
			}
			return null;
		default:
			return null;
	}
}

function beginsPlainFile(cursor: PatchCursor): boolean {
	const [second, third] = cursor.lookAhead(2);
	if (second?.startsWith("+++ ") !== true) return false;
	if (!isHunkHeader(third)) throw invalidPatch(cursor.line + 2, "the file's header is not followed by a hunk");
	return true;
}

function noFile(bytes: Uint8Array): RetakeError {
	const isText = !bytes.includes(0);
	return invalidPatch(
		1,
		isText ? "no file's header (diff --git, or --- and +++) is in the patch" : "the patch is not text",
	);
}
