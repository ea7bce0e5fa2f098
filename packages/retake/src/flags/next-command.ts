import { shellWords } from "../terminal/shell-words.ts";
import type { StateFlags } from "./workspace-flags.ts";

/** Writes a command that goes on from the one that was typed: in the same workspace, on the same store. */
export function nextCommand({ workspace, store }: StateFlags, ...words: readonly string[]): string {
	const where = [
		...(workspace === undefined ? [] : ["--workspace", workspace]),
		...(store === undefined ? [] : ["--store", store]),
	];
	return shellWords(["retake", ...words, ...where]);
}
