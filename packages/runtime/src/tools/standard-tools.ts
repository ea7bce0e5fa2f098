import type { z } from "zod";
import { applyPatchTool } from "./apply-patch.ts";
import { deleteFileTool } from "./delete-file.ts";
import { editFileTool } from "./edit-file.ts";
import { execTool } from "./exec.ts";
import { listFilesTool } from "./list-files.ts";
import { moveFileTool } from "./move-file.ts";
import { readFileTool } from "./read-file.ts";
import { searchFilesTool } from "./search-files.ts";
import { writeFileTool } from "./write-file.ts";

/** The tools that every session has, by name. */
export const standardTools = {
	exec: execTool,
	read_file: readFileTool,
	write_file: writeFileTool,
	edit_file: editFileTool,
	list_files: listFilesTool,
	search_files: searchFilesTool,
	apply_patch: applyPatchTool,
	delete_file: deleteFileTool,
	move_file: moveFileTool,
} as const;

type StandardTools = typeof standardTools;

/** Names a standard tool. */
export type ToolName = keyof StandardTools;

/** What a standard tool takes, before defaults. */
export type ToolInput<Name extends ToolName> = z.input<StandardTools[Name]["input"]>;

/** What a standard tool returns. */
export type ToolOutput<Name extends ToolName> = Awaited<ReturnType<StandardTools[Name]["run"]>>;
