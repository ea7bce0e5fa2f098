import {
	appendFileSync,
	chmodSync,
	linkSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmdirSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { copyDirectory } from "./copy-directory.ts";
import { listDirectory, type TreeListing } from "./list-directory.ts";
import { renameAsPrograms } from "./rename-as-programs.ts";
import type { TreeWrite } from "./tree-write.ts";

/** A plain directory to which the same writes are made by `node:fs` alone: what a transaction must agree with. */
export class DirectoryOracle implements Disposable {
	readonly path: string;

	private constructor(path: string) {
		this.path = path;
	}

	/** Makes an empty one. */
	static empty(): DirectoryOracle {
		return new DirectoryOracle(mkdtempSync(join(tmpdir(), "retake-oracle-")));
	}

	/** Makes a copy of a directory; hard links become files of their own unless `keepsLinks`. */
	static copyOf(directory: string, keepsLinks = false): DirectoryOracle {
		const oracle = DirectoryOracle.empty();
		copyDirectory(directory, oracle.path, keepsLinks);
		return oracle;
	}

	/** Works on a directory that is there. */
	static on(directory: string): DirectoryOracle {
		return new DirectoryOracle(directory);
	}

	/** Makes a write and tells whether it could be made. */
	write(write: TreeWrite): boolean {
		const modes = this.#loosen();
		const isDone = this.#write(write);
		for (const [path, mode] of modes.reverse()) {
			const isRenamed = write.kind === "rename" && isDone && (path === write.path || path.startsWith(`${write.path}/`));
			const now = isRenamed ? write.to + path.slice(write.path.length) : path;
			const isTarget = path === write.path && (write.kind === "directory" || write.kind === "change-mode");
			const isStillThere = !isTarget && !this.#isBlocked(now) && isDirectory(join(this.path, now));
			if (isStillThere) chmodSync(join(this.path, now), mode);
		}
		return isDone;
	}

	/** Lists what is there now. */
	list(): TreeListing {
		return listDirectory(this.path);
	}

	[Symbol.dispose](): void {
		this.#loosen();
		rmSync(this.path, { recursive: true, force: true });
	}

	#write(write: TreeWrite): boolean {
		if (this.#isBlocked(write.path)) return false;
		const at = join(this.path, write.path);
		const status = lstatSync(at, { throwIfNoEntry: false });
		switch (write.kind) {
			case "remove":
				rmSync(at, { recursive: true, force: true });
				return true;
			case "directory":
			case "symlink":
			case "file":
				this.#make(write, at);
				return true;
			case "append":
				if (!status?.isFile()) return false;
				appendFileSync(at, write.text);
				return true;
			case "truncate":
				if (!status?.isFile()) return false;
				truncateSync(at, write.size);
				return true;
			case "change-mode":
				if (status === undefined || status.isSymbolicLink()) return false;
				chmodSync(at, write.mode);
				return true;
			case "remove-empty":
				if (!status?.isDirectory() || readdirSync(at).length > 0) return false;
				rmdirSync(at);
				return true;
			case "link":
				if (!status?.isFile() || !this.#isFree(write.to)) return false;
				linkSync(at, join(this.path, write.to));
				return true;
			case "rename":
				return this.#isPlace(write.to) && renameAsPrograms(at, join(this.path, write.to));
		}
	}

	#make(write: Extract<TreeWrite, { kind: "file" | "symlink" | "directory" }>, at: string): void {
		for (const missing of this.#missingParents(write.path)) {
			mkdirSync(missing);
			chmodSync(missing, 0o755);
		}
		if (write.kind === "directory") {
			if (!isDirectory(at)) {
				rmSync(at, { force: true });
				mkdirSync(at);
			}
			chmodSync(at, write.mode);
			return;
		}
		rmSync(at, { recursive: true, force: true });
		if (write.kind === "symlink") symlinkSync(write.target, at);
		else {
			writeFileSync(at, write.text);
			chmodSync(at, write.mode);
		}
	}

	/** Lets an ordinary user write where a directory's mode forbids it, as a layer does; returns the modes to put back. */
	#loosen(): [string, number][] {
		const modes: [string, number][] = [];
		if (process.geteuid?.() === 0) return modes;
		for (const [path, line] of this.list()) {
			const mode = Number.parseInt(/^directory (\d+)$/.exec(line)?.[1] ?? "777", 8);
			if ((mode & 0o700) === 0o700) continue;
			chmodSync(join(this.path, path), mode | 0o700);
			modes.push([path, mode]);
		}
		return modes;
	}

	/** Tells whether something can be put at a path: its parent is a directory. */
	#isPlace(path: string): boolean {
		return !this.#isBlocked(path) && isDirectory(dirname(join(this.path, path)));
	}

	#isFree(path: string): boolean {
		return this.#isPlace(path) && lstatSync(join(this.path, path), { throwIfNoEntry: false }) === undefined;
	}

	#isBlocked(path: string): boolean {
		const components = path.split("/").slice(0, -1);
		for (let count = 1; count <= components.length; count++) {
			const status = lstatSync(join(this.path, ...components.slice(0, count)), { throwIfNoEntry: false });
			if (status === undefined) return false;
			if (!status.isDirectory()) return true;
		}
		return false;
	}

	#missingParents(path: string): string[] {
		const missing: string[] = [];
		for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
			const at = join(this.path, parent);
			if (!isDirectory(at)) missing.unshift(at);
		}
		return missing;
	}
}

function isDirectory(at: string): boolean {
	return lstatSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
