import { spellPath, type TreeNode } from "@retake/changeset";
import picomatch from "picomatch";
import { z } from "zod";
import { directoryPath } from "./path-input.ts";
import type { ReadTool } from "./tool.ts";
import { walkFiles } from "./walk-files.ts";

const input = z.strictObject({
	path: z.string().default("").describe("directory relative to the workspace"),
	recursive: z.boolean().default(false),
	glob: z.string().optional().describe("keep only paths (relative to the workspace) that match, for example **/*.ts"),
	limit: z.int().positive().max(100_000).default(10_000),
});

/** One path below a directory. */
export interface ListedPath {
	readonly path: string;
	readonly kind: TreeNode["kind"];
}

/** What a directory holds. */
export interface ListFilesOutput {
	readonly entries: readonly ListedPath[];
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
		const entries: ListedPath[] = [];
		for (const entry of walkFiles(tree, directoryPath(path), recursive)) {
			if (!matches(entry.path)) continue;
			if (entries.length === limit) return { entries, truncated: true };
			entries.push({ path: spellPath(entry.path), kind: entry.kind });
		}
		return { entries, truncated: false };
	},
};
