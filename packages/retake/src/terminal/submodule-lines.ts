import { escapeText } from "./escape-text.ts";

/** Tells which directories of the base are empty because they are submodules. */
export function submoduleLines(paths: readonly string[]): string[] {
	if (paths.length === 0) return [];
	return [`retake: submodules are empty directories in the base: ${paths.map(escapeText).join(", ")}`];
}
