import { z } from "zod";
import { requireFile, toolFileBytesMax } from "./file-bytes.ts";
import { pathInput, readablePath } from "./path-input.ts";
import { spellBytes } from "./text-content.ts";
import type { ReadTool } from "./tool.ts";

const input = z.strictObject({
	path: pathInput,
	offset: z.int().nonnegative().default(0).describe("first byte to read"),
	limit: z
		.int()
		.positive()
		.max(toolFileBytesMax)
		.default(1024 ** 2)
		.describe("most bytes to read"),
});

/** A file's content, or the part that was asked for. */
export interface ReadFileOutput {
	readonly content: string;
	readonly encoding: "utf8" | "base64";
	/** Size of the whole file, bytes. */
	readonly size: number;
	readonly executable: boolean;
	/** Whether bytes follow the ones returned. */
	readonly truncated: boolean;
}

/** Reads a file as the calls before left it. */
export const readFileTool: ReadTool<typeof input, ReadFileOutput> = {
	effect: "reads",
	name: "read_file",
	description: "Read a file of the workspace, as text where it is UTF-8, else in base64.",
	input,
	run: async ({ tree }, { path: text, offset, limit }) => {
		const path = readablePath(text);
		const node = requireFile(tree, path);
		const parts: Uint8Array[] = [];
		let position = 0;
		for (const chunk of tree.chunks(path)) {
			const start = Math.max(0, offset - position);
			const end = Math.min(chunk.length, offset + limit - position);
			if (start < end) parts.push(chunk.subarray(start, end));
			position += chunk.length;
			if (position >= offset + limit) break;
		}
		return {
			...spellBytes(Buffer.concat(parts)),
			size: node.size,
			executable: (node.mode & 0o100) !== 0,
			truncated: offset + limit < node.size,
		};
	},
};
