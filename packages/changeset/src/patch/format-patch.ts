import { Buffer } from "node:buffer";
import type { BlobReader } from "../blobs.ts";
import type { Changeset } from "../changeset.ts";
import { rawTextToBytes } from "../path/raw-text.ts";
import { treePathToBytes } from "../path/tree-path-text.ts";
import { isBinary, linesOf } from "../text/lines.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import { formatBinary } from "./format-binary.ts";
import { formatHunks } from "./format-hunks.ts";
import { gitOid } from "./git-oid.ts";
import type { Leaf } from "./patched-tree.ts";
import { writeName } from "./quoted-name.ts";
import { unrepresented } from "./unrepresented.ts";

/** Files larger than this are written as binary, which takes no search for the shortest way. */
export const textPatchBytesMax = 8 * 1024 ** 2;

/** Files that have more lines than this, before and after together, are written as binary too. */
export const textPatchLinesMax = 500_000;

/**
 * Writes a changeset as a git diff that `git apply` and `parsePatch` read: text in hunks, other bytes as `GIT binary patch`, links,
 * the executable bit. What git does not keep (empty directories, other permission bits) stands in `#` lines before it.
 * Deletions come first. No changes give no bytes. Throws `BLOB_NOT_FOUND` for contents, old or new, that `blobs` lacks.
 */
export function formatPatch(changeset: Changeset, blobs: BlobReader): Uint8Array {
	const deletions: string[] = [];
	const rest: string[] = [];
	for (const { path, was, now } of changeset.changes) {
		const [old, present] = [leafOf(was), leafOf(now)];
		if (old !== null && present !== null && old.kind === present.kind) {
			rest.push(formatFile(path, old, present, blobs));
			continue;
		}
		// Git has no way to tell that a file became a link: the one goes, the other comes.
		if (old !== null) deletions.push(formatFile(path, old, null, blobs));
		if (present !== null) rest.push(formatFile(path, null, present, blobs));
	}
	const remarks = unrepresented(changeset).map((remark) => `# ${remark}\n`);
	return Buffer.from([...remarks, ...deletions, ...rest].join(""), "latin1");
}

function leafOf(node: TreeNode | null): Leaf | null {
	return node?.kind === "directory" ? null : node;
}

function formatFile(path: TreePath, was: Leaf | null, now: Leaf | null, blobs: BlobReader): string {
	const [oldMode, newMode] = [modeOf(was), modeOf(now)];
	const isEdited = was === null || now === null || !sameContent(was, now);
	if (!isEdited && oldMode === newMode) return "";
	const name = Buffer.from(treePathToBytes(path)).toString("latin1");
	const [oldName, newName] = [writeName(`a/${name}`), writeName(`b/${name}`)];
	let text = `diff --git ${oldName} ${newName}\n`;
	if (oldMode === null) text += `new file mode ${newMode}\n`;
	else if (newMode === null) text += `deleted file mode ${oldMode}\n`;
	else if (oldMode !== newMode) text += `old mode ${oldMode}\nnew mode ${newMode}\n`;
	if (!isEdited) return text;
	const [before, after] = [contentOf(was, blobs), contentOf(now, blobs)];
	const mode = oldMode === newMode ? ` ${oldMode}` : "";
	text += `index ${oidOf(was, before)}..${oidOf(now, after)}${mode}\n`;
	if ([before, after].some((bytes) => bytes.length > textPatchBytesMax || isBinary(bytes))) {
		return text + formatBinary(before, after);
	}
	const [oldLines, newLines] = [linesOf(before), linesOf(after)];
	if (oldLines.length + newLines.length > textPatchLinesMax) return text + formatBinary(before, after);
	const hunks = formatHunks(oldLines, newLines);
	if (hunks === "") return text;
	return `${text}--- ${fileName(was, oldName)}\n+++ ${fileName(now, newName)}\n${hunks}`;
}

function modeOf(leaf: Leaf | null): string | null {
	if (leaf === null) return null;
	if (leaf.kind === "symlink") return "120000";
	return (leaf.mode & 0o100) === 0 ? "100644" : "100755";
}

function sameContent(was: Leaf, now: Leaf): boolean {
	return was.kind === "file" && now.kind === "file" ? was.content === now.content : was === now;
}

function contentOf(leaf: Leaf | null, blobs: BlobReader): Uint8Array {
	if (leaf === null) return Buffer.alloc(0);
	return leaf.kind === "file" ? blobs.read(leaf.content) : (rawTextToBytes(leaf.target) ?? Buffer.alloc(0));
}

function oidOf(leaf: Leaf | null, bytes: Uint8Array): string {
	return leaf === null ? "0".repeat(40) : gitOid(bytes);
}

// A tab ends a name with spaces in it, which readers would otherwise take for the start of a date.
function fileName(leaf: Leaf | null, name: string): string {
	if (leaf === null) return "/dev/null";
	return name.includes(" ") && !name.startsWith('"') ? `${name}\t` : name;
}
