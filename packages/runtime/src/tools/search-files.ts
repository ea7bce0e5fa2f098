import { RetakeError } from "@retake/base";
import { spellPath, type TreePath, type TreeReader } from "@retake/changeset";
import picomatch from "picomatch";
import { RE2JS } from "re2js";
import { z } from "zod";
import { toolFileBytesMax } from "./file-bytes.ts";
import { directoryPath } from "./path-input.ts";
import type { ReadTool } from "./tool.ts";
import { walkFiles } from "./walk-files.ts";

const lineCharactersMax = 500;

const input = z.strictObject({
	pattern: z.string().min(1),
	regex: z.boolean().default(false).describe("read the pattern as a regular expression (RE2 syntax, linear time)"),
	caseSensitive: z.boolean().default(true),
	path: z.string().default("").describe("directory relative to the workspace"),
	glob: z.string().optional().describe("search only paths that match"),
	limit: z.int().positive().max(10_000).default(500),
});

/** One matching line. */
export interface SearchMatch {
	readonly path: string;
	/** From 1. */
	readonly line: number;
	/** The line, cut at 500 characters. */
	readonly text: string;
}

/** The lines that match, by path and line. */
export interface SearchFilesOutput {
	readonly matches: readonly SearchMatch[];
	readonly truncated: boolean;
	/** Files left out because they are larger than a tool reads. */
	readonly skipped: readonly string[];
}

/** Searches the text files of the workspace. Regular expressions run in linear time: no pattern can hang the host. */
export const searchFilesTool: ReadTool<typeof input, SearchFilesOutput> = {
	effect: "reads",
	name: "search_files",
	description: "Find lines that contain a text or match a regular expression.",
	input,
	run: async ({ tree, signal }, { pattern, regex, caseSensitive, path, glob, limit }) => {
		const search = compile(pattern, regex, caseSensitive);
		const wanted = glob === undefined ? () => true : picomatch(glob, { dot: true });
		const matches: SearchMatch[] = [];
		const skipped: string[] = [];
		for (const entry of walkFiles(tree, directoryPath(path), true)) {
			if (entry.kind !== "file" || !wanted(entry.path)) continue;
			signal.throwIfAborted();
			const found = searchableText(tree, entry.path);
			if (found === "too large") skipped.push(spellPath(entry.path));
			else if (found !== "binary") {
				for (const [index, line] of found.content.split("\n").entries()) {
					if (!search(line)) continue;
					if (matches.length === limit) return { matches, truncated: true, skipped };
					// The cut may part a surrogate pair.
					const text = line.slice(0, lineCharactersMax).toWellFormed();
					matches.push({ path: spellPath(entry.path), line: index + 1, text });
				}
			}
		}
		return { matches, truncated: false, skipped };
	},
};

function compile(pattern: string, regex: boolean, caseSensitive: boolean): (line: string) => boolean {
	const flags = caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE;
	try {
		const expression = RE2JS.compile(regex ? pattern : RE2JS.quote(pattern), flags);
		return regex || !caseSensitive ? (line) => expression.matcher(line).find() : (line) => line.includes(pattern);
	} catch (cause) {
		throw new RetakeError("TOOL_INPUT", `the pattern is not a regular expression: ${pattern}`, {
			sort: "misuse",
			remedy: "use RE2 syntax (no look-around, no back-references), or regex: false",
			cause,
		});
	}
}

function searchableText(tree: TreeReader, path: TreePath): { readonly content: string } | "binary" | "too large" {
	const parts: Uint8Array[] = [];
	let size = 0;
	for (const chunk of tree.chunks(path)) {
		if (chunk.includes(0)) return "binary";
		size += chunk.length;
		if (size > toolFileBytesMax) return "too large";
		parts.push(chunk);
	}
	return { content: Buffer.concat(parts).toString("utf8") };
}
