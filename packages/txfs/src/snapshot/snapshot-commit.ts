import fs from "node:fs";
import { type BlobId, RetakeError, sha256 } from "@retake/base";
import { rawTextFromBytes, type TreeNode, type TreePath, treePath } from "@retake/changeset";
import { readBlob, readTree } from "isomorphic-git";
import { findRepository } from "../git/find-repository.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import { refusalOf } from "../tree/refusal.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { SnapshotLibrary } from "./snapshot-library.ts";
import type { CommitSnapshot } from "./snapshots.ts";

/** Materialises a commit from its objects: see `Snapshots.fromCommit`. */
export async function snapshotCommit(
	library: SnapshotLibrary,
	directory: string,
	ref: string,
): Promise<CommitSnapshot> {
	const repository = findRepository(directory);
	const commit = resolveCommit(repository, ref);
	const key = `commit:${commit}`;
	const known = library.openSource("snapshot", key);
	const reader = new CommitReader(repository.commonDirectory);
	if (known !== null)
		return { snapshot: known, commit, submodules: library.records.source("snapshot", key)?.submodules ?? [] };
	using staged = library.trees.stage();
	{
		using writer = library.writerOf(staged, null);
		await reader.writeTo(writer, commit);
	}
	const { record, source } = library.keep(staged, reader.entries, null);
	library.records.saveSource("snapshot", key, { ...source, submodules: reader.submodules });
	return { snapshot: library.openRecord(record), commit, submodules: reader.submodules };
}

class CommitReader {
	readonly entries: ManifestEntry[] = [];
	readonly submodules: TreePath[] = [];
	readonly #gitdir: string;
	/** Keeps the indexes of packs between reads. */
	readonly #cache = {};

	constructor(gitdir: string) {
		this.#gitdir = gitdir;
	}

	async writeTo(writer: LayerWriter, commit: string): Promise<void> {
		const pending: { readonly path: TreePath | null; readonly oid: string }[] = [{ path: null, oid: commit }];
		for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
			const { tree } = await readTree({ fs, gitdir: this.#gitdir, cache: this.#cache, oid: next.oid });
			for (const entry of tree) {
				if (refusalOf(next.path, entry.path) !== null) continue;
				const path = treePath(next.path === null ? entry.path : `${next.path}/${entry.path}`);
				if (entry.path.includes("/")) throw damagedTree(path);
				const node = await this.#place(writer, path, entry.mode, entry.oid);
				this.entries.push({ path, node, stamp: null });
				if (entry.type === "tree") pending.push({ path, oid: entry.oid });
			}
		}
	}

	async #place(writer: LayerWriter, path: TreePath, mode: string, oid: string): Promise<TreeNode> {
		switch (mode) {
			case "160000":
				this.submodules.push(path);
				writer.makeDirectory(path, 0o755);
				return { kind: "directory", mode: 0o755 };
			case "040000":
				writer.makeDirectory(path, 0o755);
				return { kind: "directory", mode: 0o755 };
			case "120000": {
				const target = rawTextFromBytes(await this.#read(oid));
				writer.makeSymlink(path, target);
				return { kind: "symlink", target };
			}
			default: {
				const bytes = await this.#read(oid);
				const permissions = mode === "100755" ? 0o755 : 0o644;
				writer.writeFile(path, [bytes], permissions);
				return { kind: "file", mode: permissions, size: bytes.length, content: sha256(bytes) as BlobId };
			}
		}
	}

	async #read(oid: string): Promise<Uint8Array> {
		return (await readBlob({ fs, gitdir: this.#gitdir, cache: this.#cache, oid })).blob;
	}
}

function damagedTree(path: TreePath): RetakeError {
	return new RetakeError("TREE_REFUSED", `the commit holds a name with a slash: ${path}`, { data: { paths: [path] } });
}
