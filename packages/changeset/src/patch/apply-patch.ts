import { Buffer } from "node:buffer";
import type { Blobs } from "../blobs.ts";
import type { Changeset } from "../changeset.ts";
import { ancestorsOf } from "../path/path-parts.ts";
import { rawTextFromBytes, rawTextToBytes } from "../path/raw-text.ts";
import { refuseProtected } from "../path/refuse-protected.ts";
import { readFile } from "../tree/read-file.ts";
import type { FileNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";
import { applyContent } from "./apply-content.ts";
import { withExecutable } from "./executable-bit.ts";
import { patchConflict } from "./patch-error.ts";
import type { Patch, PatchFile, PatchMode } from "./patch-file.ts";
import { defaultPatchLimits, PatchBudget, type PatchLimits } from "./patch-limits.ts";
import { behindLink, type Leaf, PatchedTree } from "./patched-tree.ts";

/** What `applyPatch` works on. New contents are written to `blobs`, and so are the old ones of every file it changes. */
export interface ApplyPatchOptions {
	readonly patch: Patch;
	readonly tree: TreeReader;
	readonly blobs: Blobs;
	readonly limits?: PatchLimits;
}

/**
 * Applies a patch to a tree and returns what it changes there; the tree itself is not touched. All of the patch applies or none.
 * Context must match exactly; hunks may have moved (see `applyHunks`). Directories come with mode 0o755 and go with their last
 * file. Of a mode only the executable bit is git's: a file keeps its other bits. Throws `PATCH_CONFLICT` with path, hunk and the
 * lines expected and found, `PATH_REFUSED` for `.git`, `.retake` and whatever lies behind a symbolic link, `LIMIT_EXCEEDED`.
 */
export function applyPatch({ patch, tree, blobs, limits = defaultPatchLimits }: ApplyPatchOptions): Changeset {
	for (const file of patch.files) {
		refuseProtected(file.path);
		if ("from" in file) refuseProtected(file.from);
	}
	const application = new PatchApplication(patch, tree, blobs, limits);
	for (const file of patch.files) application.apply(file);
	return application.finish();
}

class PatchApplication {
	readonly #tree: TreeReader;
	readonly #patched: PatchedTree;
	readonly #blobs: Blobs;
	readonly #limits: PatchLimits;
	readonly #budget: PatchBudget;
	/** What the patch takes away somewhere: git orders files by name, so something may move in before the old is gone. */
	readonly #goesAway: ReadonlySet<TreePath>;
	/** Where something has moved in while what was there was still to go. */
	readonly #takenEarly = new Set<TreePath>();

	constructor(patch: Patch, tree: TreeReader, blobs: Blobs, limits: PatchLimits) {
		this.#tree = tree;
		this.#blobs = blobs;
		this.#limits = limits;
		this.#budget = new PatchBudget(limits);
		this.#patched = new PatchedTree(tree, this.#budget);
		this.#goesAway = new Set(
			patch.files.flatMap((file) => {
				if (file.kind === "delete") return [file.path];
				return file.kind === "rename" ? [file.from] : [];
			}),
		);
	}

	finish(): Changeset {
		return this.#patched.finish();
	}

	apply(file: PatchFile): void {
		switch (file.kind) {
			case "create":
				this.#expectNothing(file);
				return this.#write(file, applyContent(file, Buffer.alloc(0), this.#budget), file.mode, modeOf(file.mode));
			case "delete":
				return this.#delete(file);
			case "modify":
				return this.#change(file, this.#sourceOf(file, file.path, file.oldMode), file.newMode);
			case "rename":
			case "copy": {
				const source = this.#sourceOf(file, file.from, file.oldMode);
				this.#expectNothing(file);
				this.#change(file, source, file.newMode);
				// Where something has moved in already, as when two files trade places, it stays.
				if (file.kind === "rename" && !this.#patched.isWritten(file.from))
					this.#patched.write(file.from, null, file.line);
			}
		}
	}

	#delete(file: PatchFile & { readonly kind: "delete" }): void {
		const { path, line } = file;
		if (this.#takenEarly.has(path)) {
			throw patchConflict({ path, line, reason: "the patch deletes what it has put there itself" });
		}
		const source = this.#sourceOf(file, path, file.mode);
		const rest = applyContent(file, this.#bytesOf(source, path), this.#budget);
		if (rest.length > 0) {
			throw patchConflict({ path, line, reason: "the file to be deleted holds more than the patch says" });
		}
		this.#patched.write(path, null, line);
	}

	#change(file: PatchFile, source: Leaf, mode: PatchMode | null): void {
		const sourcePath = "from" in file ? file.from : file.path;
		const bits = source.kind === "symlink" || mode === null ? null : withExecutable(source.mode, mode === "executable");
		if (source.kind === "file" && file.content.kind === "unchanged") {
			this.#keep(source, sourcePath);
			return this.#patched.write(file.path, { ...source, mode: bits ?? source.mode }, file.line);
		}
		const bytes = applyContent(file, this.#bytesOf(source, sourcePath), this.#budget);
		if (source.kind === "symlink") return this.#write(file, bytes, "symlink", 0);
		this.#write(file, bytes, "regular", bits ?? source.mode);
	}

	/** Keeps the bytes of a file that moves or changes its mode, a chunk at a time, whatever its size. */
	#keep({ content }: FileNode, path: TreePath): void {
		if (!this.#blobs.has(content)) this.#blobs.writeChunks(this.#tree.chunks(path));
	}

	#write({ path, line }: PatchFile, bytes: Uint8Array, mode: PatchMode, bits: number): void {
		this.#budget.allow("contentBytes", bytes.length);
		if (mode !== "symlink") {
			this.#patched.write(
				path,
				{ kind: "file", mode: bits, size: bytes.length, content: this.#blobs.write(bytes) },
				line,
			);
			return;
		}
		if (bytes.length === 0 || bytes.includes(0)) {
			throw patchConflict({ path, line, reason: "the target of a symbolic link is empty or holds a NUL" });
		}
		this.#patched.write(path, { kind: "symlink", target: rawTextFromBytes(bytes) }, line);
	}

	/** What is changed, moved or deleted. A rename or copy takes what was there before the patch. */
	#sourceOf(file: PatchFile, path: TreePath, mode: PatchMode | null): Leaf {
		const isMove = file.kind === "rename" || file.kind === "copy";
		const node = isMove ? this.#tree.lookup(path) : this.#patched.lookup(path);
		if (node === null || node.kind === "directory") {
			for (const ancestor of ancestorsOf(path)) {
				if (this.#patched.lookup(ancestor)?.kind === "symlink") throw behindLink(path, ancestor);
			}
			const reason = node === null ? "no file is there" : "a directory is there";
			throw patchConflict({ path, line: file.line, reason });
		}
		const expected = mode === "symlink" ? "symlink" : "file";
		if (node.kind !== expected && !(mode === null && file.content.kind === "unchanged")) {
			throw patchConflict({ path, line: file.line, reason: `a ${node.kind} is there, not a ${expected}` });
		}
		return node;
	}

	#bytesOf(source: Leaf, path: TreePath): Uint8Array {
		if (source.kind === "symlink") return rawTextToBytes(source.target) ?? Buffer.alloc(0);
		this.#budget.allow("contentBytes", source.size);
		if (this.#blobs.has(source.content)) return this.#blobs.read(source.content);
		const bytes = readFile(this.#tree, path, this.#limits.contentBytes);
		this.#blobs.write(bytes);
		return bytes;
	}

	#expectNothing({ path, line }: PatchFile): void {
		const node = this.#patched.lookup(path);
		// Whether a directory is in the way shows at the end, when what it held may be gone.
		if (node === null || node.kind === "directory") return;
		if (this.#goesAway.has(path) && !this.#patched.isWritten(path)) {
			this.#takenEarly.add(path);
			return;
		}
		throw patchConflict({ path, line, reason: "the file to be created is there already" });
	}
}

function modeOf(mode: PatchMode): number {
	return mode === "executable" ? 0o755 : 0o644;
}
