import { Buffer } from "node:buffer";
import { RetakeError } from "@retake/base";
import type { BlobReader } from "../blobs.ts";
import type { Changeset } from "../changeset.ts";
import { printablePath } from "../path/printable-path.ts";
import { treePathToBytes } from "../path/tree-path-text.ts";
import { isBinary, linesOf } from "../text/lines.ts";
import type { TreePath } from "../tree-path.ts";
import { isExecutable } from "./executable-bit.ts";
import { findMoves, type Move, type Moves } from "./find-moves.ts";
import { formatBinary } from "./format-binary.ts";
import { formatHunks } from "./format-hunks.ts";
import { type PatchSide, patchSide } from "./patch-side.ts";
import { type Leaf, leafOf } from "./patched-tree.ts";
import { writeName } from "./quoted-name.ts";
import { unrepresented } from "./unrepresented.ts";

/** Files larger than this are written as binary, which takes no search for the shortest way. */
export const textPatchBytesMax = 8 * 1024 ** 2;

/** Files that have more lines than this, before and after together, are written as binary too. */
export const textPatchLinesMax = 500_000;

/** Pieces of a patch are at least this large, the last one aside. */
const pieceBytesMin = 64 * 1024;

/** How `formatPatch` writes. */
export interface FormatPatchOptions {
	/** Which moves are told as such instead of as a deletion and a creation; see `findMoves`. None by default. */
	readonly moves?: Moves;
}

/**
 * Writes a changeset as a git diff that `git apply` and `parsePatch` read: text in hunks, other bytes as `GIT binary patch`, links,
 * the executable bit. What git does not keep (empty directories, other permission bits) stands in `#` lines before it.
 * Deletions come first. No changes give no bytes. Throws `BLOB_NOT_FOUND` for contents, old or new, that `blobs` lacks.
 */
export function formatPatch(changeset: Changeset, blobs: BlobReader, options: FormatPatchOptions = {}): Uint8Array {
	return Buffer.concat([...patchChunks(changeset, blobs, options)]);
}

/**
 * Yields what `formatPatch` returns in pieces that end with a line: no binary file over `deltaBytesMax` is whole in memory.
 * Throws `BLOB_NOT_FOUND` before the first piece.
 */
export function* patchChunks(
	changeset: Changeset,
	blobs: BlobReader,
	{ moves = "none" }: FormatPatchOptions = {},
): Generator<Uint8Array> {
	requireContents(changeset, blobs);
	let [waiting, length]: [string[], number] = [[], 0];
	for (const text of formatFiles(changeset, blobs, findMoves(changeset, blobs, moves))) {
		waiting.push(text);
		length += text.length;
		if (length < pieceBytesMin) continue;
		yield Buffer.from(waiting.join(""), "latin1");
		[waiting, length] = [[], 0];
	}
	if (length > 0) yield Buffer.from(waiting.join(""), "latin1");
}

// Half a patch would be applied as if it were whole.
function requireContents({ changes }: Changeset, blobs: BlobReader): void {
	for (const { path, was, now } of changes) {
		for (const node of [was, now]) {
			if (node?.kind !== "file" || blobs.has(node.content)) continue;
			throw new RetakeError("BLOB_NOT_FOUND", `the contents of "${printablePath(path)}" are missing`, {
				data: { id: node.content, path },
			});
		}
	}
}

function* formatFiles(changeset: Changeset, blobs: BlobReader, moves: ReadonlyMap<TreePath, Move>): Generator<string> {
	for (const remark of unrepresented(changeset)) yield `# ${remark}\n`;
	const movedAway = new Set(Array.from(moves.values(), ({ kind, from }) => (kind === "rename" ? from : null)));
	// Git has no way to tell that a file became a link: the one goes, the other comes.
	for (const { path, was, now } of changeset.changes) {
		const [old, present] = [leafOf(was), leafOf(now)];
		if (old !== null && old.kind !== present?.kind && !movedAway.has(path)) {
			yield* formatFile({ path, was: old, now: null, move: null }, blobs);
		}
	}
	for (const { path, was, now } of changeset.changes) {
		const [old, present] = [leafOf(was), leafOf(now)];
		if (present === null) continue;
		const move = moves.get(path) ?? null;
		yield* formatFile(
			{ path, was: move?.source ?? (old?.kind === present.kind ? old : null), now: present, move },
			blobs,
		);
	}
}

interface FormattedFile {
	readonly path: TreePath;
	readonly was: Leaf | null;
	readonly now: Leaf | null;
	readonly move: Move | null;
}

function* formatFile({ path, was, now, move }: FormattedFile, blobs: BlobReader): Generator<string> {
	const [oldMode, newMode] = [modeOf(was), modeOf(now)];
	const isEdited = was === null || now === null || !sameContent(was, now);
	if (!isEdited && oldMode === newMode && move === null) return;
	const [oldName, newName] = [nameOf("a/", move?.from ?? path), nameOf("b/", path)];
	yield `diff --git ${oldName} ${newName}\n`;
	if (oldMode === null) yield `new file mode ${newMode}\n`;
	else if (newMode === null) yield `deleted file mode ${oldMode}\n`;
	else if (oldMode !== newMode) yield `old mode ${oldMode}\nnew mode ${newMode}\n`;
	if (move !== null) {
		const { kind, from, similarity } = move;
		yield `similarity index ${similarity}%\n${kind} from ${nameOf("", from)}\n${kind} to ${nameOf("", path)}\n`;
	}
	if (!isEdited) return;
	const [before, after] = [patchSide(was, blobs), patchSide(now, blobs)];
	const mode = oldMode === newMode ? ` ${oldMode}` : "";
	yield `index ${before.oid()}..${after.oid()}${mode}\n`;
	const hunks = textHunks(before, after);
	if (hunks === null) yield* formatBinary(before, after);
	else if (hunks !== "") yield `--- ${fileName(was, oldName)}\n+++ ${fileName(now, newName)}\n${hunks}`;
}

/** Writes hunks, or returns null where the sides are not text or too large for it. */
function textHunks(before: PatchSide, after: PatchSide): string | null {
	if (before.size > textPatchBytesMax || after.size > textPatchBytesMax) return null;
	const [oldBytes, newBytes] = [before.read(), after.read()];
	if (isBinary(oldBytes) || isBinary(newBytes)) return null;
	const [oldLines, newLines] = [linesOf(oldBytes), linesOf(newBytes)];
	return oldLines.length + newLines.length > textPatchLinesMax ? null : formatHunks(oldLines, newLines);
}

function modeOf(leaf: Leaf | null): string | null {
	if (leaf === null) return null;
	if (leaf.kind === "symlink") return "120000";
	return isExecutable(leaf.mode) ? "100755" : "100644";
}

function sameContent(was: Leaf, now: Leaf): boolean {
	if (was.kind === "symlink") return now.kind === "symlink" && was.target === now.target;
	return now.kind === "file" && was.content === now.content;
}

function nameOf(prefix: string, path: TreePath): string {
	return writeName(prefix + Buffer.from(treePathToBytes(path)).toString("latin1"));
}

// A tab ends a name with spaces in it, which readers would otherwise take for the start of a date.
function fileName(leaf: Leaf | null, name: string): string {
	if (leaf === null) return "/dev/null";
	return name.includes(" ") && !name.startsWith('"') ? `${name}\t` : name;
}
