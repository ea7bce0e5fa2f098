import { applyPatch, parsePatch, spellPath } from "@retake/changeset";
import { z } from "zod";
import { contentEncoding, readBytes } from "./text-content.ts";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	patch: z.string().describe("a unified or git diff"),
	encoding: contentEncoding.default("utf8"),
});

/** What the patch changed. */
export interface ApplyPatchOutput {
	readonly changedPaths: readonly string[];
}

/** Applies a unified or git diff: all of it, or nothing. */
export const applyPatchTool: WriteTool<typeof input, ApplyPatchOutput> = {
	effect: "writes",
	name: "apply_patch",
	description: "Apply a unified or git diff to the workspace. All of it applies, or nothing is changed.",
	input,
	run: async ({ tree, blobs, layer }, { patch, encoding }) => {
		const changeset = applyPatch({ patch: parsePatch(readBytes(patch, encoding)), tree, blobs });
		layer.apply(changeset);
		return { changedPaths: changeset.changes.map((change) => spellPath(change.path)) };
	},
};
