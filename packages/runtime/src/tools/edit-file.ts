import { RetakeError } from "@retake/base";
import { z } from "zod";
import { fileBytes } from "./file-bytes.ts";
import { pathInput, writablePath } from "./path-input.ts";
import { decodeText } from "./text-content.ts";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	path: pathInput,
	oldText: z.string().min(1).describe("text to replace, exactly as it stands in the file"),
	newText: z.string(),
	replaceAll: z.boolean().default(false).describe("replace every occurrence; otherwise it must be the only one"),
});

/** How many occurrences were replaced. */
export interface EditFileOutput {
	readonly replacements: number;
}

/** Replaces text in a file. Fails where the text is absent or, without `replaceAll`, ambiguous. */
export const editFileTool: WriteTool<typeof input, EditFileOutput> = {
	effect: "writes",
	name: "edit_file",
	description: "Replace text in a file. The old text must occur exactly once unless replaceAll is set.",
	input,
	run: async ({ tree, layer }, { path: text, oldText, newText, replaceAll }) => {
		const path = writablePath(text);
		const { node, bytes } = fileBytes(tree, path);
		const before = decodeText(bytes);
		if (before === null) {
			throw new RetakeError("TOOL_FAILED", `${path} is not text`, {
				remedy: "write it whole with write_file in base64",
			});
		}
		const pieces = before.split(oldText);
		const replacements = pieces.length - 1;
		if (replacements === 0) {
			throw new RetakeError("TOOL_FAILED", `the text to replace does not occur in ${path}`, {
				remedy: "read the file again and pass the text exactly as it stands",
			});
		}
		if (replacements > 1 && !replaceAll) {
			throw new RetakeError("TOOL_FAILED", `the text to replace occurs ${replacements} times in ${path}`, {
				remedy: "pass more of the lines around it, or replaceAll: true",
			});
		}
		layer.writeFile(path, [Buffer.from(pieces.join(newText), "utf8")], node.mode);
		return { replacements };
	},
};
