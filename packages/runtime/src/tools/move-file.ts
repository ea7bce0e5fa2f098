import { RetakeError } from "@retake/base";
import { type Change, createChangeset, parentOf, type TreePath, type TreeReader } from "@retake/changeset";
import { z } from "zod";
import { pathInput, writablePath } from "./path-input.ts";
import { deletionOf } from "./subtree.ts";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	from: pathInput,
	to: pathInput,
	overwrite: z.boolean().default(false).describe("replace a file that is at the target"),
});

/** How many paths moved. */
export interface MoveFileOutput {
	readonly moved: number;
}

/** Moves a file, a link or a directory; the target's directories are made as needed. */
export const moveFileTool: WriteTool<typeof input, MoveFileOutput> = {
	effect: "writes",
	name: "move_file",
	description: "Move or rename a file or directory of the workspace.",
	input,
	run: async ({ tree, blobs, layer }, { from: fromText, to: toText, overwrite }) => {
		const from = writablePath(fromText);
		const to = writablePath(toText);
		const deletions = deletionOf(tree, from);
		if (deletions.length === 0) throw new RetakeError("FILE_NOT_FOUND", `nothing at ${from}`, { data: { path: from } });
		if (to === from || to.startsWith(`${from}/`)) {
			throw new RetakeError("TOOL_FAILED", `${from} cannot be moved into itself`, { sort: "misuse" });
		}
		const target = tree.lookup(to);
		if (target !== null && (target.kind === "directory" || !overwrite)) {
			throw new RetakeError("TOOL_FAILED", `${to} exists`, {
				remedy: target.kind === "directory" ? "name a path inside it" : "pass overwrite: true",
			});
		}
		const creations: Change[] = [];
		for (const { path, was } of deletions) {
			if (was?.kind === "file" && !blobs.has(was.content)) blobs.writeChunks(tree.chunks(path));
			const moved = (to + path.slice(from.length)) as TreePath;
			creations.push({ path: moved, was: path === from ? target : null, now: was });
		}
		layer.apply(createChangeset([...deletions, ...creations, ...missingParents(tree, to)]));
		return { moved: deletions.length };
	},
};

function missingParents(tree: TreeReader, path: TreePath): Change[] {
	const changes: Change[] = [];
	for (let parent = parentOf(path); parent !== null; parent = parentOf(parent)) {
		const was = tree.lookup(parent);
		if (was?.kind === "directory") break;
		if (was !== null) throw new RetakeError("TOOL_FAILED", `${parent} is a ${was.kind}, not a directory`);
		changes.push({ path: parent, was: null, now: { kind: "directory", mode: 0o755 } });
	}
	return changes;
}
