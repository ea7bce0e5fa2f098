import { RetakeError } from "@retake/base";
import { createChangeset } from "@retake/changeset";
import { z } from "zod";
import { pathInput, writablePath } from "./path-input.ts";
import { deletionOf } from "./subtree.ts";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	path: pathInput,
	recursive: z.boolean().default(false).describe("delete a directory with everything in it"),
});

/** How many paths are gone. */
export interface DeleteFileOutput {
	readonly deleted: number;
}

/** Deletes a file, a link or, where asked, a directory with all that is in it. */
export const deleteFileTool: WriteTool<typeof input, DeleteFileOutput> = {
	effect: "writes",
	name: "delete_file",
	description: "Delete a file of the workspace, or a directory with recursive: true.",
	input,
	run: async ({ tree, layer }, { path: text, recursive }) => {
		const path = writablePath(text);
		const changes = deletionOf(tree, path);
		const [top] = changes;
		if (top === undefined) throw new RetakeError("FILE_NOT_FOUND", `nothing at ${path}`, { data: { path } });
		if (top.was?.kind === "directory" && changes.length > 1 && !recursive) {
			throw new RetakeError("TOOL_FAILED", `${path} is a directory that is not empty`, {
				remedy: "pass recursive: true",
			});
		}
		layer.apply(createChangeset(changes));
		return { deleted: changes.length };
	},
};
