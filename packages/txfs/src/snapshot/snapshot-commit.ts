import { setImmediate } from "node:timers/promises";
import { type BlobId, RetakeError, sha256 } from "@retake/base";
import { comparePaths, rawTextFromBytes, type TreeNode, type TreePath, treePath } from "@retake/changeset";
import { decodeTreeObject, type GitEntry } from "../commit/branch/git-tree-object.ts";
import { asDiskFull } from "../disk/disk-full.ts";
import { findRepository } from "../git/find-repository.ts";
import { readCommitLinks } from "../git/objects/commit-object.ts";
import { GitObjects } from "../git/objects/git-objects.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import { refusalOf } from "../tree/refusal.ts";
import type { CopyOptions } from "./directory-copy.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { SnapshotLibrary } from "./snapshot-library.ts";
import type { CommitSnapshot } from "./snapshots.ts";

/** Materialises a commit from its objects: see `Snapshots.fromCommit`. */
export async function snapshotCommit(
	library: SnapshotLibrary,
	directory: string,
	ref: string,
	options: CopyOptions,
): Promise<CommitSnapshot> {
	const repository = findRepository(directory);
	const commit = await resolveCommit(repository, ref);
	const key = `commit:${commit}`;
	const known = library.openSource("snapshot", key);
	if (known !== null)
		return { snapshot: known, commit, submodules: library.records.source("snapshot", key)?.submodules ?? [] };
	try {
		using staged = library.trees.stage();
		using objects = new GitObjects(repository.commonDirectory);
		const reader = new CommitReader(objects, commit, options);
		{
			using writer = library.writerOf(staged, null, true);
			await reader.writeTo(writer);
		}
		using manifest = staged.writeManifest();
		for (const entry of reader.sortedEntries()) manifest.add(entry);
		const { record, source } = library.keep(staged, manifest.finish(), null);
		library.records.saveSource("snapshot", key, { ...source, submodules: reader.submodules });
		return { snapshot: library.openRecord(record), commit, submodules: reader.submodules };
	} catch (error) {
		throw asDiskFull(error);
	}
}

class CommitReader {
	readonly submodules: TreePath[] = [];
	readonly #entries: ManifestEntry[] = [];
	readonly #objects: GitObjects;
	readonly #commit: string;
	readonly #options: CopyOptions;
	#bytes = 0;

	constructor(objects: GitObjects, commit: string, options: CopyOptions) {
		this.#objects = objects;
		this.#commit = commit;
		this.#options = options;
	}

	sortedEntries(): readonly ManifestEntry[] {
		return this.#entries.toSorted((left, right) => comparePaths(left.path, right.path));
	}

	async writeTo(writer: LayerWriter): Promise<void> {
		const tree = readCommitLinks(this.#objects, this.#commit)?.tree ?? this.#commit;
		const pending: { readonly path: TreePath | null; readonly oid: string }[] = [{ path: null, oid: tree }];
		for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
			const object = this.#read(next.oid, next.path);
			for (const [name, entry] of decodeTreeObject(object)) {
				const path = treePath(next.path === null ? name : `${next.path}/${name}`);
				if (name.includes("/")) throw damagedTree(path);
				if (refusalOf(next.path, name) !== null) continue;
				await this.#pause();
				const node = this.#place(writer, path, entry);
				this.#entries.push({ path, node, stamp: null });
				if (entry.mode === "40000") pending.push({ path, oid: entry.oid });
			}
		}
		this.#report();
	}

	#place(writer: LayerWriter, path: TreePath, { mode, oid }: GitEntry): TreeNode {
		switch (mode) {
			case "160000":
				this.submodules.push(path);
				writer.makeDirectory(path, 0o755);
				return { kind: "directory", mode: 0o755 };
			case "40000":
				writer.makeDirectory(path, 0o755);
				return { kind: "directory", mode: 0o755 };
			case "120000": {
				const target = rawTextFromBytes(this.#read(oid, path));
				writer.makeSymlink(path, target);
				return { kind: "symlink", target };
			}
			case "100644":
			case "100755": {
				const bytes = this.#read(oid, path);
				const permissions = mode === "100755" ? 0o755 : 0o644;
				writer.writeFile(path, [bytes], permissions);
				this.#bytes += bytes.length;
				return { kind: "file", mode: permissions, size: bytes.length, content: sha256(bytes) as BlobId };
			}
		}
	}

	/** A commit may outlive what it is made of: cut off, fetched in part, pruned. */
	#read(oid: string, path: TreePath | null): Uint8Array {
		const object = this.#objects.read(oid);
		if (object !== null) return object.bytes;
		throw new RetakeError("BASE_NOT_FOUND", `the repository lacks a part of the commit ${this.#commit}`, {
			data: { commit: this.#commit, object: oid, path },
			remedy: "fetch it whole (`git fetch --refetch`), or name another base",
		});
	}

	async #pause(): Promise<void> {
		if (this.#entries.length % entriesPerTurn !== 0) return;
		this.#report();
		await setImmediate();
		const { signal } = this.#options;
		if (signal?.aborted) {
			throw new RetakeError("INTERRUPTED", "taking the snapshot was cancelled", { cause: signal.reason });
		}
	}

	#report(): void {
		this.#options.onProgress?.(this.#entries.length, this.#bytes);
	}
}

/** Entries between two looks at the signal. */
const entriesPerTurn = 64;

function damagedTree(path: TreePath): RetakeError {
	return new RetakeError("TREE_REFUSED", `the commit holds a name with a slash: ${path}`, { data: { paths: [path] } });
}
