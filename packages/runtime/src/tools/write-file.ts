import { RetakeError } from "@retake/base";
import { z } from "zod";
import { pathInput, writablePath } from "./path-input.ts";
import { contentEncoding, readBytes } from "./text-content.ts";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	path: pathInput,
	content: z.string(),
	encoding: contentEncoding.default("utf8"),
	executable: z.boolean().optional().describe("whether the file may be run; as it was, or not, where absent"),
});

/** What was written. */
export interface WriteFileOutput {
	readonly size: number;
	readonly created: boolean;
}

/** Writes a whole file; its directories are made as needed. A link at the path is replaced, not followed. */
export const writeFileTool: WriteTool<typeof input, WriteFileOutput> = {
	effect: "writes",
	name: "write_file",
	description: "Create or overwrite a file of the workspace.",
	input,
	run: async ({ tree, layer }, { path: text, content, encoding, executable }) => {
		const path = writablePath(text);
		const before = tree.lookup(path);
		if (before?.kind === "directory") {
			throw new RetakeError("TOOL_FAILED", `${path} is a directory`, { remedy: "delete it first with delete_file" });
		}
		const bytes = readBytes(content, encoding);
		const modeBefore = before?.kind === "file" ? before.mode : 0o644;
		const mode = executable === undefined ? modeBefore : executable ? modeBefore | 0o111 : modeBefore & ~0o111;
		layer.writeFile(path, [bytes], mode);
		return { size: bytes.length, created: before === null };
	},
};
