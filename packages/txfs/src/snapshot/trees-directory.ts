import {
	chmodSync,
	chownSync,
	closeSync,
	constants,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isSystemCallError, syncFileSystem } from "@retake/linux";
import { measureTree } from "../disk/measure-tree.ts";
import { removeTree } from "../disk/remove-tree.ts";
import type { TreeOwner } from "../layer-space.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";

const unfinished = ".part";

/** A layer of a snapshot while it is filled: kept under its final name, or removed at disposal. */
export class StagedLayer implements Disposable {
	readonly name: string;
	readonly directory: string;
	/** The moment at which it was made, by the clock of the file system. */
	readonly startedNs: bigint;
	readonly #finalPath: string;
	readonly #finished: () => void;

	constructor(treesPath: string, name: string, finished: () => void) {
		this.name = name;
		this.#finalPath = join(treesPath, name);
		this.directory = this.#finalPath + unfinished;
		this.startedNs = statSync(this.directory, { bigint: true }).mtimeNs;
		this.#finished = finished;
	}

	keep(): void {
		renameSync(this.directory, this.#finalPath);
	}

	[Symbol.dispose](): void {
		removeTree(this.directory);
		rmSync(`${this.directory}.new`, { force: true });
		this.#finished();
	}
}

/** The directory that holds the layers and manifests of all snapshots. Names are short: a mount lists them all in one page. */
export class TreesDirectory {
	readonly path: string;
	readonly #owner: TreeOwner | null;
	readonly #inUse = new Set<string>();

	constructor(path: string, owner: TreeOwner | null) {
		this.path = path;
		this.#owner = owner;
	}

	/** Makes an empty layer under a name that counts as unfinished. */
	stage(): StagedLayer {
		mkdirSync(this.path, { recursive: true });
		// The owner mounts layers by names relative to this directory: it may pass through, but not look around.
		if (this.#owner !== null) chmodSync(this.path, 0o711);
		for (let number = readdirSync(this.path).length; ; number++) {
			const name = number.toString(36);
			if (existsSync(join(this.path, name)) || existsSync(join(this.path, `${name}.manifest`))) continue;
			const directory = join(this.path, name + unfinished);
			try {
				mkdirSync(directory);
			} catch (error) {
				if (isSystemCallError(error, "EEXIST")) continue;
				throw error;
			}
			if (this.#owner !== null) chownSync(directory, this.#owner.uid, this.#owner.gid);
			chmodSync(directory, 0o755);
			this.#inUse.add(name);
			return new StagedLayer(this.path, name, () => this.#inUse.delete(name));
		}
	}

	has(name: string): boolean {
		return existsSync(join(this.path, name));
	}

	writeManifest(name: string, manifest: Manifest): void {
		const path = join(this.path, name);
		writeFileSync(path + unfinished, encodeManifest(manifest));
		renameSync(path + unfinished, path);
	}

	readManifest(name: string): Manifest {
		return decodeManifest(readFileSync(join(this.path, name)));
	}

	removeManifest(name: string): void {
		rmSync(join(this.path, name), { force: true });
	}

	/** Makes everything written so far outlive a power cut. */
	sync(): void {
		const descriptor = openSync(this.path, constants.O_RDONLY);
		try {
			syncFileSystem(descriptor);
		} finally {
			closeSync(descriptor);
		}
	}

	/** Removes, or only counts, whatever is neither named nor being made by this process. */
	sweep(kept: ReadonlySet<string>, dryRun: boolean): { readonly trees: number; readonly bytes: number } {
		let trees = 0;
		let bytes = 0;
		if (!existsSync(this.path)) return { trees, bytes };
		for (const entry of readdirSync(this.path, { withFileTypes: true })) {
			if (kept.has(entry.name) || this.#inUse.has(entry.name.split(".")[0] ?? "")) continue;
			const path = join(this.path, entry.name);
			if (entry.isDirectory()) trees++;
			bytes += measureTree(path);
			if (dryRun) continue;
			if (entry.isDirectory()) removeTree(path);
			else rmSync(path);
		}
		return { trees, bytes };
	}
}
