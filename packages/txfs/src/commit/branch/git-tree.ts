import { type BlobId, sha256 } from "@retake/base";
import { rawTextFromBytes, type TreeNode, type TreePath } from "@retake/changeset";
import type { GitObjects } from "../../git/objects/git-objects.ts";
import type { NewObjects } from "../../git/objects/new-objects.ts";
import { damagedObjects } from "../../git/objects/read-exactly.ts";
import { decodeTreeObject, encodeTreeObject, type GitEntry } from "./git-tree-object.ts";

/** A directory of a git tree: loaded when it is first walked into, written again only where it changed. */
interface Directory {
	readonly entries: Map<string, GitEntry>;
	readonly loaded: Map<string, Directory>;
	isChanged: boolean;
}

/** A git tree in memory, as far as it was walked. */
export class GitTree {
	readonly #objects: GitObjects;
	readonly #oid: string;
	readonly #root: Directory;

	/** Opens a tree by its object name. Throws `STORE_DAMAGED`. */
	constructor(objects: GitObjects, oid: string) {
		this.#objects = objects;
		this.#oid = oid;
		this.#root = this.#load(oid);
	}

	/** Returns what the tree says of a path, or null where nothing is there. */
	entry(path: TreePath): GitEntry | null {
		const { directory, name } = this.#walk(path, false);
		return directory?.entries.get(name) ?? null;
	}

	/** Returns the node that an entry stands for, its bytes read; null for the commit of another repository. Git keeps no mode but the right to execute. */
	node(entry: GitEntry): TreeNode | null {
		if (entry.mode === "40000") return { kind: "directory", mode: 0o755 };
		if (entry.mode === "160000") return null;
		const bytes = this.#read(entry.oid, "blob");
		if (entry.mode === "120000") return { kind: "symlink", target: rawTextFromBytes(bytes) };
		const mode = entry.mode === "100755" ? 0o755 : 0o644;
		return { kind: "file", mode, size: bytes.length, content: sha256(bytes) as BlobId };
	}

	/** Returns the names in a directory; none where there is no directory. */
	names(path: TreePath): readonly string[] {
		const { directory } = this.#walk(`${path}/.` as TreePath, false);
		return directory === null ? [] : [...directory.entries.keys()];
	}

	/** Puts an object at a path, in place of whatever is there. */
	put(path: TreePath, entry: GitEntry): void {
		const { directory, name } = this.#walk(path, true);
		directory?.entries.set(name, entry);
		directory?.loaded.delete(name);
	}

	/** Removes a path, where there is something. */
	remove(path: TreePath): void {
		if (this.entry(path) === null) return;
		const { directory, name } = this.#walk(path, true);
		directory?.entries.delete(name);
		directory?.loaded.delete(name);
	}

	/** Adds every directory that changed, without those that became empty, and returns the root's object name. */
	async write(target: NewObjects): Promise<string> {
		return this.#root.isChanged ? this.#writeDirectory(this.#root, target) : this.#oid;
	}

	async #writeDirectory(directory: Directory, target: NewObjects): Promise<string> {
		for (const [name, child] of directory.loaded) {
			if (!child.isChanged) continue;
			const oid = await this.#writeDirectory(child, target);
			if (child.entries.size === 0) directory.entries.delete(name);
			else directory.entries.set(name, { mode: "40000", oid });
		}
		const bytes = encodeTreeObject(directory.entries);
		// Only the root's empty tree is ever named.
		if (bytes.length === 0 && directory !== this.#root) return "";
		return target.add("tree", bytes.length, () => [bytes]);
	}

	#walk(path: TreePath, changes: boolean): { directory: Directory | null; name: string } {
		const components = path.split("/");
		const name = components.pop() ?? "";
		let directory = this.#root;
		if (changes) directory.isChanged = true;
		for (const component of components) {
			const next = this.#enter(directory, component, changes);
			if (next === null) return { directory: null, name };
			directory = next;
			if (changes) directory.isChanged = true;
		}
		return { directory, name };
	}

	#enter(directory: Directory, name: string, makes: boolean): Directory | null {
		const known = directory.loaded.get(name);
		if (known !== undefined) return known;
		const entry = directory.entries.get(name);
		const isDirectory = entry?.mode === "40000";
		if (!isDirectory && !makes) return null;
		const child = isDirectory ? this.#load(entry.oid) : { entries: new Map(), loaded: new Map(), isChanged: true };
		directory.loaded.set(name, child);
		return child;
	}

	#load(oid: string): Directory {
		return { entries: decodeTreeObject(this.#read(oid, "tree")), loaded: new Map(), isChanged: false };
	}

	#read(oid: string, type: "tree" | "blob"): Uint8Array {
		const found = this.#objects.read(oid);
		if (found?.type === type) return found.bytes;
		throw damagedObjects(this.#objects.directory, found === null ? `${oid} is missing` : `${oid} is no ${type}`);
	}
}
