import {
	chmodSync,
	cpSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TreeWrite } from "./tree-write.ts";

/** A line for each place of a tree, by path: kind, mode, and content or target. Two trees are equal where these are. */
export type TreeListing = ReadonlyMap<string, string>;

/** Lists a directory by `node:fs` alone. */
export function listDirectory(root: string): TreeListing {
	const lines = new Map<string, string>();
	const pending = [""];
	for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
		for (const name of readdirSync(join(root, parent))) {
			const path = parent === "" ? name : `${parent}/${name}`;
			const at = join(root, path);
			const status = lstatSync(at);
			const mode = (status.mode & 0o777).toString(8);
			if (status.isDirectory()) pending.push(path);
			if (status.isSymbolicLink()) lines.set(path, `symlink ${readlinkSync(at)}`);
			else if (status.isDirectory()) lines.set(path, `directory ${mode}`);
			else if (status.isFile()) lines.set(path, `file ${mode} ${readFileSync(at, "latin1")}`);
			else lines.set(path, "neither file, directory nor symlink");
		}
	}
	return lines;
}

/** A plain directory to which the same writes are made by `node:fs` alone: what a transaction must agree with. */
export class DirectoryOracle implements Disposable {
	readonly path: string;

	/** Starts empty, or as a copy of a directory. */
	constructor(copyOf?: string) {
		this.path = mkdtempSync(join(tmpdir(), "retake-oracle-"));
		if (copyOf === undefined) return;
		cpSync(copyOf, this.path, { recursive: true, verbatimSymlinks: true });
		this.#copyDirectoryModes(copyOf);
	}

	/** Makes a write and tells whether it could be made: nothing can be put beneath what is no directory. */
	write(write: TreeWrite): boolean {
		const modes = this.#loosen();
		const isDone = this.#write(write);
		for (const [path, mode] of modes.reverse()) {
			const isTarget = path === write.path && write.kind !== "remove";
			const isStillThere = !isTarget && !this.#isBlocked(path) && this.#isDirectory(join(this.path, path));
			if (isStillThere) chmodSync(join(this.path, path), mode);
		}
		return isDone;
	}

	#write(write: TreeWrite): boolean {
		if (this.#isBlocked(write.path)) return false;
		const at = join(this.path, write.path);
		if (write.kind === "remove") {
			rmSync(at, { recursive: true, force: true });
			return true;
		}
		for (const missing of this.#missingParents(write.path)) {
			mkdirSync(missing);
			chmodSync(missing, 0o755);
		}
		if (write.kind === "directory") {
			if (!this.#isDirectory(at)) {
				rmSync(at, { force: true });
				mkdirSync(at);
			}
			chmodSync(at, write.mode);
			return true;
		}
		rmSync(at, { recursive: true, force: true });
		if (write.kind === "symlink") symlinkSync(write.target, at);
		else {
			writeFileSync(at, write.text);
			chmodSync(at, write.mode);
		}
		return true;
	}

	/** Lists what is there now. */
	list(): TreeListing {
		return listDirectory(this.path);
	}

	[Symbol.dispose](): void {
		this.#loosen();
		rmSync(this.path, { recursive: true, force: true });
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

	/** `cpSync` copies the modes of files alone. */
	#copyDirectoryModes(from: string): void {
		for (const [path, line] of [...this.list()].reverse()) {
			if (line.startsWith("directory ")) chmodSync(join(this.path, path), lstatSync(join(from, path)).mode & 0o777);
		}
	}

	#isDirectory(at: string): boolean {
		return lstatSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
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
			if (!this.#isDirectory(at)) missing.unshift(at);
		}
		return missing;
	}
}
