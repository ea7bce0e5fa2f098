import { invalidPatch } from "./patch-error.ts";
import type { PatchContent } from "./patch-file.ts";

/** Checks that contents are those of a file that was not there. */
export function onlyInserts(content: PatchContent): PatchContent {
	return onlyLines(content, "insert", "a created file has old lines");
}

/** Checks that contents are those of a file that goes away. */
export function onlyDeletes(content: PatchContent): PatchContent {
	return onlyLines(content, "delete", "a deleted file keeps lines");
}

function onlyLines(content: PatchContent, kind: "insert" | "delete", reason: string): PatchContent {
	if (content.kind !== "hunks") return content;
	for (const [index, hunk] of content.hunks.entries()) {
		if (index > 0) throw invalidPatch(hunk.line, "a file that is created or deleted has more than one hunk");
		if (hunk.lines.some((line) => line.kind !== kind)) throw invalidPatch(hunk.line, reason);
	}
	return content;
}
