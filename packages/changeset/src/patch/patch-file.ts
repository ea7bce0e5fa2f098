import type { Line } from "../text/lines.ts";
import type { TreePath } from "../tree-path.ts";

/** What git tells apart in a file's mode. */
export type PatchMode = "regular" | "executable" | "symlink";

/** One line of a hunk. Its text has its line feed unless the patch says that there is none at the end of the file. */
export interface HunkLine {
	readonly kind: "context" | "delete" | "insert";
	readonly text: Line;
}

/** A stretch of changed lines with what is around it. */
export interface Hunk {
	/** Where its header stands in the patch, from 1. */
	readonly line: number;
	/** Number of its first line in the old file, from 1; 0 where the old file is empty. */
	readonly oldStart: number;
	/** The same in the new file. */
	readonly newStart: number;
	readonly lines: readonly HunkLine[];
}

/** How the new bytes of a binary file are told. */
export type BinaryPayload =
	| { readonly kind: "literal"; readonly bytes: Uint8Array }
	/** Copy and insert instructions in git's format for packs, over the old bytes. */
	| { readonly kind: "delta"; readonly bytes: Uint8Array };

/** What a patch does to a file's contents. */
export type PatchContent =
	| { readonly kind: "unchanged" }
	| { readonly kind: "hunks"; readonly hunks: readonly Hunk[] }
	/** Git's hashes of the whole file before and after, 40 or 64 hexadecimal digits. */
	| { readonly kind: "binary"; readonly payload: BinaryPayload; readonly oldOid: string; readonly newOid: string };

interface PatchFileBase {
	/** Where the file's header stands in the patch, from 1. */
	readonly line: number;
	readonly path: TreePath;
	readonly content: PatchContent;
}

/** A file that the patch creates; `unchanged` content is no content. */
export interface CreatedFile extends PatchFileBase {
	readonly kind: "create";
	readonly mode: PatchMode;
}

/** A file that the patch deletes. `mode` is null where the patch does not tell. */
export interface DeletedFile extends PatchFileBase {
	readonly kind: "delete";
	readonly mode: PatchMode | null;
}

/** A file that the patch changes in place. A mode is null where the patch does not tell. */
export interface ModifiedFile extends PatchFileBase {
	readonly kind: "modify";
	readonly oldMode: PatchMode | null;
	readonly newMode: PatchMode | null;
}

/** A file that the patch makes of another, whose contents are those from before the patch. */
export interface MovedFile extends PatchFileBase {
	readonly kind: "rename" | "copy";
	readonly from: TreePath;
	readonly oldMode: PatchMode | null;
	readonly newMode: PatchMode | null;
}

/** What a patch does to one file. */
export type PatchFile = CreatedFile | DeletedFile | ModifiedFile | MovedFile;

/** A patch that was read, in the order of its text. */
export interface Patch {
	readonly kind: "patch";
	readonly files: readonly PatchFile[];
}
