import { constants } from "node:fs";
import {
	createEisdirError,
	createStatError,
	Err,
	type File,
	type Link,
	type Node,
	Ok,
	type Result,
	type StatError,
	Superblock,
} from "@jsonjoy.com/fs-core";
import type { TreeEntry, TreeNode, TreePath } from "@retake/changeset";
import { refusalOf } from "../tree/refusal.ts";
import type { Origin } from "./node-source.ts";
import { type FollowLast, type ResolvedPath, resolvePath } from "./resolve-path.ts";
import { type FailureCode, systemError } from "./system-error.ts";
import { ViewLink } from "./view-link.ts";
import { ViewNode } from "./view-node.ts";

const { O_ACCMODE, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = { ...constants, O_ACCMODE: 3 };

const kinds = { file: 0o100644, directory: 0o040755, symlink: 0o120777 } as const;

/** New files and directories are made under this mask, whatever the process's own is: the same program leaves the same modes. */
const modeMask = 0o022;

type Found = Extract<ResolvedPath, { kind: "found" }>;

/** What a view's superblock asks of the view. */
export interface ViewRules {
	/** Throws where nothing may be written now. Called before each change with the call's name and its path. */
	readonly beforeWrite: (call: string, path?: string) => void;
	/** Absolute; where the tree lies. What lies beside it is scratch. */
	readonly mount: string;
}

/**
 * The inodes and open files of a view, with the rules of the Linux kernel where memfs's own are looser: what may be renamed over what,
 * which links are followed, what a slash at the end means. memfs's `Volume` is the face on top.
 */
export class ViewSuperblock extends Superblock {
	readonly #rules: ViewRules;
	readonly tree: ViewLink;
	#time = new Date(0);

	constructor(rules: ViewRules) {
		// Asked once: every look at a node's permissions would ask again.
		const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
		super({
			process: {
				cwd: () => rules.mount,
				platform: "linux",
				emitWarning: () => {},
				env: {},
				getuid: () => uid,
				getgid: () => gid,
			},
		});
		this.#rules = rules;
		let link = ViewLink.from(this, undefined, "", this.createNode(kinds.directory) as ViewNode);
		this.root = link;
		for (const name of rules.mount.split("/").filter((component) => component !== "")) {
			link = link.createChild(name, this.createNode(kinds.directory)) as ViewLink;
		}
		this.tree = link;
	}

	/** Makes a node of what a source has at a place. */
	nodeFrom(kind: TreeNode["kind"], origin: Origin): ViewNode {
		const node = this.createNode(kinds[kind]) as ViewNode;
		node.adopt(origin, this.#time);
		return node;
	}

	/** Lets nodes that are read from now on look newer than those before, for whoever compares times. */
	ageSources(): void {
		this.#time = new Date(this.#time.getTime() + 1000);
	}

	/** Tells whether no changeset takes what a directory has under a name: it is kept by the view alone. */
	isScratch(directory: ViewLink, name: string): boolean {
		// The rule for the tree's root is stricter; any other directory has some parent.
		return refusalOf(directory === this.tree ? null : ("x" as TreePath), name) !== null;
	}

	/** Closes every file of the tree. */
	closeTreeFiles(): void {
		for (const file of Object.values(this.fds)) if (this.#isOfTree(file.link as ViewLink)) this.closeFile(file);
	}

	override createNode(mode: number): Node {
		this.ino++;
		return new ViewNode(this.ino, mode, this.process.getuid?.() ?? 0, this.process.getgid?.() ?? 0);
	}

	override deleteNode(): void {}

	override walk(
		place: string[] | string | Link,
		follow = false,
		mustExist = false,
		_checkAccess = false,
		call?: string,
	): Result<Link | null, StatError> {
		const path = typeof place === "string" ? place : `/${(Array.isArray(place) ? place : place.steps).join("/")}`;
		const resolved = this.#resolve(path, follow ? "always" : "before-slash");
		const failed = (code: string): Result<Link | null, StatError> => Err(createStatError(code, call, path));
		if (resolved.kind === "failed") return mustExist || resolved.code !== "ENOENT" ? failed(resolved.code) : Ok(null);
		const { link, wantsDirectory } = resolved;
		if (link === undefined) return mustExist ? failed("ENOENT") : Ok(null);
		if (wantsDirectory && !link.getNode().isDirectory()) return failed("ENOTDIR");
		return Ok(link);
	}

	/** Lists a directory by the bytes of its names' text, without describing what is in it. */
	list(path: string): readonly TreeEntry[] {
		const link = this.getResolvedLinkOrThrow(path, "scandir") as ViewLink;
		const { directory } = link;
		if (directory === null) throw systemError("ENOTDIR", "scandir", path);
		if (!link.viewNode.canRead()) throw systemError("EACCES", "scandir", path);
		return [...directory.listed()].sort((left, right) => (left.name < right.name ? -1 : 1));
	}

	override readonly rename = (from: string, to: string): void => {
		const fail = (code: FailureCode) => systemError(code, "rename", from, to);
		this.#rules.beforeWrite("rename", from);
		const source = this.#resolve(from, "never");
		if (source.kind === "failed") throw fail(source.code);
		const target = this.#resolve(to, "never");
		if (target.kind === "failed") throw fail(target.code);
		if (isUnnamed(source.name) || isUnnamed(target.name)) throw fail("EBUSY");
		const { link } = source;
		if (link === undefined) throw fail("ENOENT");
		const node = link.viewNode;
		const replaced = target.link;
		if ((source.wantsDirectory || target.wantsDirectory) && !node.isDirectory()) throw fail("ENOTDIR");
		for (const parent of [source.parent, target.parent]) {
			if (!parent.viewNode.canWrite() || !parent.viewNode.canExecute()) throw fail("EACCES");
		}
		if (target.parent.isWithin(link)) throw fail("EINVAL");
		if (replaced?.viewNode === node) return;
		if (replaced !== undefined) {
			// An ancestor of what is moved holds at least that.
			if (source.parent.isWithin(replaced)) throw fail("ENOTEMPTY");
			if (node.isDirectory() && !replaced.viewNode.isDirectory()) throw fail("ENOTDIR");
			if (!node.isDirectory() && replaced.viewNode.isDirectory()) throw fail("EISDIR");
			if (replaced.viewNode.isDirectory() && replaced.isFilled) throw fail("ENOTEMPTY");
			this.#remove(replaced);
		}
		source.parent.deleteChild(link);
		link.name = target.name;
		target.parent.setChild(target.name, link);
		node.markChanged();
	};

	override readonly link = (existing: string, path: string): void => {
		const fail = (code: FailureCode) => systemError(code, "link", existing, path);
		this.#rules.beforeWrite("link", path);
		const source = this.#resolve(existing, "before-slash");
		if (source.kind === "failed") throw fail(source.code);
		if (source.link === undefined) throw fail("ENOENT");
		const node = source.link.viewNode;
		if (source.wantsDirectory && !node.isDirectory()) throw fail("ENOTDIR");
		const target = this.#resolve(path, "never");
		if (target.kind === "failed") throw fail(target.code);
		if (target.link !== undefined) throw fail("EEXIST");
		if (target.wantsDirectory) throw fail("ENOENT");
		if (!target.parent.viewNode.canWrite()) throw fail("EACCES");
		if (node.isDirectory()) throw fail("EPERM");
		node.nlink++;
		target.parent.createChild(target.name, node);
	};

	override readonly unlink = (path: string): void => {
		this.#rules.beforeWrite("unlink", path);
		const { link, parent, wantsDirectory } = this.#existing(path, "unlink");
		if (link.viewNode.isDirectory()) throw systemError("EISDIR", "unlink", path);
		if (wantsDirectory) throw systemError("ENOTDIR", "unlink", path);
		if (!parent.viewNode.canWrite()) throw systemError("EACCES", "unlink", path);
		this.#remove(link);
	};

	override readonly rmdir = (path: string): void => {
		this.#rules.beforeWrite("rmdir", path);
		const { link, parent, name } = this.#existing(path, "rmdir");
		if (name === ".") throw systemError("EINVAL", "rmdir", path);
		if (name === "..") throw systemError("ENOTEMPTY", "rmdir", path);
		if (name === "/") throw systemError("EBUSY", "rmdir", path);
		if (!link.viewNode.isDirectory()) throw systemError("ENOTDIR", "rmdir", path);
		if (!parent.viewNode.canWrite()) throw systemError("EACCES", "rmdir", path);
		if (link.isFilled) throw systemError("ENOTEMPTY", "rmdir", path);
		this.#remove(link);
	};

	override readonly rm = (path: string, force = false, recursive = false): void => {
		this.#rules.beforeWrite("rm", path);
		const seen = this.#resolve(path, "before-slash");
		if (seen.kind === "failed" || seen.link === undefined) {
			const code = seen.kind === "failed" ? seen.code : "ENOENT";
			if (force && code === "ENOENT") return;
			throw systemError(code, "lstat", path);
		}
		const isDirectory = seen.link.viewNode.isDirectory();
		if (seen.wantsDirectory && !isDirectory) throw systemError("ENOTDIR", "lstat", path);
		if (isDirectory && !recursive) throw createEisdirError("rm", path);
		const { link, parent, name } = this.#existing(path, "rm");
		if (isUnnamed(name)) throw systemError(name === "." ? "EINVAL" : "EBUSY", "rm", path);
		if (link !== seen.link) throw systemError("ENOTDIR", "rm", path);
		if (!parent.viewNode.canWrite()) throw systemError("EACCES", isDirectory ? "rmdir" : "unlink", path);
		this.#remove(link);
	};

	override readonly mkdir = (path: string, mode: number): void => {
		const code = this.#tryMakeDirectory(path, mode);
		if (code !== null) throw systemError(code, "mkdir", path);
	};

	override readonly mkdirp = (path: string, mode: number): string | undefined => {
		let first: string | undefined;
		const waiting = [path];
		// The order of attempts, and so which error is met first, is that of MKDirpSync in Node's src/node_file.cc.
		for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
			const code = this.#tryMakeDirectory(at, mode);
			if (code === null) {
				first ??= at;
				continue;
			}
			const above = at.slice(0, Math.max(0, at.lastIndexOf("/")));
			if (code === "ENOENT" && above !== at && above !== "") {
				waiting.push(at, above);
				continue;
			}
			if (code !== "EEXIST" && code !== "ENOENT") throw systemError(code, "mkdir", path);
			const there = this.#resolve(at, "always");
			if (there.kind === "failed") throw systemError(there.code, "mkdir", path);
			if (there.link === undefined) throw systemError("ENOENT", "mkdir", path);
			if (there.link.viewNode.isDirectory()) continue;
			if (there.wantsDirectory) throw systemError("ENOTDIR", "mkdir", path);
			throw systemError(waiting.length > 0 ? "ENOTDIR" : "EEXIST", "mkdir", path);
		}
		return first;
	};

	override readonly symlink = (target: string, path: string): Link => {
		const fail = (code: FailureCode) => systemError(code, "symlink", target, path);
		this.#rules.beforeWrite("symlink", path);
		const resolved = this.#resolve(path, "never");
		if (target === "") throw fail("ENOENT");
		if (resolved.kind === "failed") throw fail(resolved.code);
		if (resolved.link !== undefined) throw fail("EEXIST");
		if (resolved.wantsDirectory) throw fail("ENOENT");
		if (!resolved.parent.viewNode.canWrite()) throw fail("EACCES");
		const node = this.#newNode("symlink", 0o777);
		node.symlink = target;
		return resolved.parent.createChild(resolved.name, node);
	};

	override readonly read = (
		descriptor: number,
		target: Buffer | ArrayBufferView | DataView,
		offset: number,
		length: number,
		position: number | null,
	): number => {
		const file = this.#readable(descriptor);
		if (length === 0) return 0;
		const at = typeof position === "number" && position >= 0 ? position : undefined;
		return file.read(target, offset, length, at);
	};

	override write(
		descriptor: number,
		bytes: Buffer,
		offset?: number,
		length?: number,
		position?: number | null,
	): number {
		const file = this.getFileByFdOrThrow(descriptor, "write");
		if ((file.flags & O_ACCMODE) === O_RDONLY) throw systemError("EBADF", "write");
		this.#rules.beforeWrite("write");
		const before = file.position;
		const count = super.write(descriptor, bytes, offset, length, position);
		// pwrite(2) does not move a descriptor that appends either, wherever it writes.
		if (typeof position === "number" && position >= 0) file.position = before;
		return count;
	}

	override readonly ftruncate = (descriptor: number, length?: number): void => {
		const file = this.getFileByFdOrThrow(descriptor, "ftruncate");
		if ((file.flags & O_ACCMODE) === O_RDONLY) throw systemError("EINVAL", "ftruncate");
		this.#rules.beforeWrite("ftruncate");
		file.truncate(length);
	};

	override readonly chmod = (path: string, mode: number): void => {
		this.#rules.beforeWrite("chmod", path);
		this.getResolvedLinkOrThrow(path, "chmod").getNode().chmod(mode);
	};

	override readonly fchmod = (descriptor: number, mode: number): void => {
		const file = this.getFileByFdOrThrow(descriptor, "fchmod");
		this.#rules.beforeWrite("fchmod");
		file.chmod(mode);
	};

	override getFileByFdOrThrow(descriptor: number, call: string): File {
		const file = super.getFileByFdOrThrow(descriptor, call);
		// memfs asks by this name before it reads a whole file of which it has the descriptor.
		if (call === "fstat" && (file.flags & O_ACCMODE) === O_WRONLY) throw systemError("EBADF", "read");
		return file;
	}

	protected override closeFile(file: File): void {
		super.closeFile(file);
		(file.node as ViewNode).rest();
	}

	protected override openFile(path: string, flags: number, mode = 0o666, follow = true): File {
		const fail = (code: FailureCode) => systemError(code, "open", path);
		const creates = (flags & O_CREAT) !== 0;
		const isExclusive = creates && (flags & O_EXCL) !== 0;
		if (creates && (flags & O_DIRECTORY) !== 0) throw fail("EINVAL");
		if (creates || (flags & O_ACCMODE) !== O_RDONLY) this.#rules.beforeWrite("open", path);
		const followed = follow && !isExclusive && (flags & O_NOFOLLOW) === 0;
		const resolved = this.#resolve(path, followed ? (creates ? "unless-slash" : "always") : "before-slash");
		if (resolved.kind === "failed") throw fail(resolved.code);
		const { link, parent, name, wantsDirectory } = resolved;
		if (creates && wantsDirectory) throw fail("EISDIR");
		if (link === undefined) {
			if (!creates) throw fail("ENOENT");
			if (!parent.viewNode.canWrite()) throw fail("EACCES");
			return this.openLink(parent.createChild(name, this.#newNode("file", mode)), flags & ~O_NOFOLLOW, false, path);
		}
		if (isExclusive) throw fail("EEXIST");
		const node = link.viewNode;
		if (wantsDirectory && !node.isDirectory()) throw fail("ENOTDIR");
		if (creates && node.isDirectory()) throw fail("EISDIR");
		return this.openLink(link, flags, false, path);
	}

	#newNode(kind: keyof typeof kinds, mode: number): ViewNode {
		const permissions = kind === "symlink" ? 0o777 : mode & 0o777 & ~modeMask;
		const node = this.createNode((kinds[kind] & ~0o777) | permissions) as ViewNode;
		node.isChanged = true;
		return node;
	}

	#readable(descriptor: number): File {
		const file = this.getFileByFdOrThrow(descriptor, "read");
		if ((file.flags & O_ACCMODE) === O_WRONLY) throw systemError("EBADF", "read");
		if (file.node.isDirectory()) throw systemError("EISDIR", "read");
		return file;
	}

	#resolve(path: string, follow: FollowLast): ResolvedPath {
		return resolvePath({ root: this.root as ViewLink, workingDirectory: this.#rules.mount }, path, follow);
	}

	#tryMakeDirectory(path: string, mode: number): FailureCode | null {
		this.#rules.beforeWrite("mkdir", path);
		const resolved = this.#resolve(path, "never");
		if (resolved.kind === "failed") return resolved.code;
		if (resolved.link !== undefined) return "EEXIST";
		if (!resolved.parent.viewNode.canWrite()) return "EACCES";
		resolved.parent.createChild(resolved.name, this.#newNode("directory", mode));
		return null;
	}

	#existing(path: string, call: string): Found & { readonly link: ViewLink } {
		const resolved = this.#resolve(path, "never");
		if (resolved.kind === "failed") throw systemError(resolved.code, call, path);
		const { link } = resolved;
		if (link === undefined) throw systemError("ENOENT", call, path);
		return { ...resolved, link };
	}

	#isOfTree(link: ViewLink): boolean {
		for (let at: ViewLink | undefined = link; at !== undefined; at = at.parent as ViewLink | undefined) {
			if (at.isScratch) return false;
			if (at === this.tree) return true;
		}
		return false;
	}

	#remove(link: ViewLink): void {
		const node = link.viewNode;
		node.links.delete(link);
		(link.parent as ViewLink).deleteChild(link);
		if (!node.isDirectory()) node.nlink--;
	}
}

function isUnnamed(name: string): boolean {
	return name === "." || name === ".." || name === "/";
}
