import { type BlobId, sha256 } from "@retake/base";
import { rawTextFromBytes, type TreeNode, type TreePath } from "@retake/changeset";
import git from "isomorphic-git";
import type { GitFileSystem } from "./git-file-system.ts";
import { decodeTreeObject, encodeTreeObject, type GitEntry, type GitMode } from "./git-tree-object.ts";

/** A directory of a git tree that is being changed: loaded when it is first walked into, written again only where it changed. */
interface Directory {
	readonly entries: Map<string, GitEntry>;
	readonly loaded: Map<string, Directory>;
}

/** A git tree in memory, as far as it was walked. */
export class GitTree {
	readonly #fs: GitFileSystem;
	readonly #gitdir: string;
	readonly #root: Directory;

	private constructor(fs: GitFileSystem, gitdir: string, root: Directory) {
		this.#fs = fs;
		this.#gitdir = gitdir;
		this.#root = root;
	}

	/** Opens a commit's tree. */
	static async open(fs: GitFileSystem, gitdir: string, commit: string): Promise<GitTree> {
		const { commit: header } = await git.readCommit({ fs, gitdir, oid: commit });
		return new GitTree(fs, gitdir, await loadDirectory(fs, gitdir, header.tree));
	}

	/** Returns what is at a path; `foreign` for the commit of another repository. Git keeps no mode but the right to execute. */
	async lookup(path: TreePath): Promise<TreeNode | "foreign" | null> {
		const { directory, name } = await this.#walk(path, false);
		const entry = directory?.entries.get(name);
		if (entry === undefined) return null;
		if (entry.mode === "40000") return { kind: "directory", mode: 0o755 };
		if (entry.mode === "160000") return "foreign";
		const { blob } = await git.readBlob({ fs: this.#fs, gitdir: this.#gitdir, oid: entry.oid });
		if (entry.mode === "120000") return { kind: "symlink", target: rawTextFromBytes(blob) };
		const mode = entry.mode === "100755" ? 0o755 : 0o644;
		return { kind: "file", mode, size: blob.length, content: sha256(blob) as BlobId };
	}

	/** Returns the names in a directory; none where there is no directory. */
	async names(path: TreePath): Promise<readonly string[]> {
		const { directory } = await this.#walk(`${path}/.` as TreePath, false);
		return directory === null ? [] : [...directory.entries.keys()];
	}

	/** Keeps bytes as an object and puts it at a path, in place of whatever is there. */
	async put(path: TreePath, mode: GitMode, bytes: Uint8Array): Promise<void> {
		const { directory, name } = await this.#walk(path, true);
		const oid = await git.writeBlob({ fs: this.#fs, gitdir: this.#gitdir, blob: bytes });
		directory?.entries.set(name, { mode, oid });
		directory?.loaded.delete(name);
	}

	/** Removes a path, where there is something. */
	async remove(path: TreePath): Promise<void> {
		const { directory, name } = await this.#walk(path, false);
		directory?.entries.delete(name);
		directory?.loaded.delete(name);
	}

	/** Writes every tree that changed, without those that became empty, and returns the root's object id. */
	async write(): Promise<string> {
		return this.#writeDirectory(this.#root);
	}

	async #writeDirectory(directory: Directory): Promise<string> {
		for (const [name, child] of directory.loaded) {
			const oid = await this.#writeDirectory(child);
			if (child.entries.size === 0) directory.entries.delete(name);
			else directory.entries.set(name, { mode: "40000", oid });
		}
		const object = encodeTreeObject(directory.entries);
		return git.writeObject({ fs: this.#fs, gitdir: this.#gitdir, type: "tree", format: "content", object });
	}

	async #walk(path: TreePath, makes: boolean): Promise<{ directory: Directory | null; name: string }> {
		const components = path.split("/");
		const name = components.pop() ?? "";
		let directory = this.#root;
		for (const component of components) {
			const next = await this.#enter(directory, component, makes);
			if (next === null) return { directory: null, name };
			directory = next;
		}
		return { directory, name };
	}

	async #enter(directory: Directory, name: string, makes: boolean): Promise<Directory | null> {
		const known = directory.loaded.get(name);
		if (known !== undefined) return known;
		const entry = directory.entries.get(name);
		const isDirectory = entry?.mode === "40000";
		if (!isDirectory && !makes) return null;
		const child = isDirectory
			? await loadDirectory(this.#fs, this.#gitdir, entry.oid)
			: { entries: new Map(), loaded: new Map() };
		directory.loaded.set(name, child);
		return child;
	}
}

async function loadDirectory(fs: GitFileSystem, gitdir: string, oid: string): Promise<Directory> {
	const { object } = await git.readObject({ fs, gitdir, oid, format: "content" });
	return { entries: decodeTreeObject(object as Uint8Array), loaded: new Map() };
}
