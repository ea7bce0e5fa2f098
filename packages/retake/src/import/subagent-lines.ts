import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ImportedTranscript } from "@retake/transcripts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { shellWords } from "../terminal/shell-words.ts";

/** Says that a session of Claude Code has sub-agents in files of their own, which were not named; nothing where none are found. */
export function subagentLines(file: string, { format }: Pick<ImportedTranscript, "format">): string[] {
	if (format !== "claude-code") return [];
	const directory = join(dirname(file), basename(file, ".jsonl"), "subagents");
	if (!existsSync(directory)) return [];
	const names = readdirSync(directory).filter((name) => /^agent-.*\.jsonl$/.test(name));
	if (names.length === 0) return [];
	return [
		`  not taken in: ${formatCount(names.length, "sub-agent")} in files of their own; with them it is another run:`,
		`  retake import ${escapeText(shellWords([file]))} ${escapeText(shellWords([directory]))}/agent-*.jsonl`,
	];
}
