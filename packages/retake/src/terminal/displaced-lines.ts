import type { DisplacedByCommit } from "@retake/txfs";
import { escapeText } from "./escape-text.ts";
import { formatCount } from "./format.ts";

const shownMax = 20;

/** Says what commits found in their way and kept, and how to be rid of it; nothing where there is none. */
export function displacedLines(displaced: readonly DisplacedByCommit[]): string[] {
	const kept = displaced.flatMap(({ keptAt }) => keptAt);
	if (kept.length === 0) return [];
	return [
		`${formatCount(kept.length, "file")} that somebody wrote while a commit was made ${kept.length === 1 ? "is" : "are"} kept:`,
		...kept.slice(0, shownMax).map((path) => `  ${escapeText(path)}`),
		...(kept.length > shownMax ? [`  … and ${kept.length - shownMax} more`] : []),
		"look at them, take what you need, then: retake gc --displaced",
	];
}
