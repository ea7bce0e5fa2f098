import picomatch from "picomatch";
import { z } from "zod";
import { directoryPath } from "./path-input.ts";
import type { ReadTool } from "./tool.ts";
import { type WalkedPath, walkFiles } from "./walk-files.ts";

const input = z.strictObject({
	path: z.string().default("").describe("directory relative to the workspace"),
	recursive: z.boolean().default(false),
	glob: z.string().optional().describe("keep only paths (relative to the workspace) that match, for example **/*.ts"),
	limit: z.int().positive().max(100_000).default(10_000),
});

/** What a directory holds. */
export interface ListFilesOutput {
	readonly entries: readonly WalkedPath[];
	readonly truncated: boolean;
}

/** Lists a directory as the calls before left it. */
export const listFilesTool: ReadTool<typeof input, ListFilesOutput> = {
	effect: "reads",
	name: "list_files",
	description: "List the files of a directory of the workspace, recursively where asked, filtered by a glob.",
	input,
	run: async ({ tree }, { path, recursive, glob, limit }) => {
		const matches = glob === undefined ? () => true : picomatch(glob, { dot: true });
		const entries: WalkedPath[] = [];
		for (const entry of walkFiles(tree, directoryPath(path), recursive)) {
			if (!matches(entry.path)) continue;
			if (entries.length === limit) return { entries, truncated: true };
			entries.push(entry);
		}
		return { entries, truncated: false };
	},
};
