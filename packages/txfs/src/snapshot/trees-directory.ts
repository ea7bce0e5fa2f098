import {
	chmodSync,
	chownSync,
	closeSync,
	constants,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	rmdirSync,
	rmSync,
} from "node:fs";
import { join } from "node:path";
import { isSystemCallError, syncFileSystem } from "@retake/linux";
import { measureTree } from "../disk/measure-tree.ts";
import { removeTree } from "../disk/remove-tree.ts";
import type { TreeOwner } from "../layer-space.ts";
import { HeldTrees } from "./held-trees.ts";
import { ManifestReader } from "./manifest-reader.ts";
import { StagedLayer, unfinished } from "./staged-layer.ts";

/** The directory that holds the layers and manifests of all snapshots. Names are short: a mount lists them all in one page. */
export class TreesDirectory implements Disposable {
	readonly path: string;
	readonly #owner: TreeOwner | null;
	readonly #held: HeldTrees;

	constructor(path: string, owner: TreeOwner | null) {
		this.path = path;
		this.#owner = owner;
		this.#held = new HeldTrees(path);
	}

	/** Makes an empty layer under a name that counts as unfinished; what dead processes left unfinished is removed first. */
	stage(): StagedLayer {
		mkdirSync(this.path, { recursive: true });
		// The owner mounts layers by names relative to this directory: it may pass through, but not look around.
		if (this.#owner !== null) chmodSync(this.path, 0o711);
		this.#removeAbandoned();
		for (let number = readdirSync(this.path).length; ; number++) {
			const name = number.toString(36);
			const directory = join(this.path, name + unfinished);
			if (this.#isTaken(name)) continue;
			try {
				mkdirSync(directory);
			} catch (error) {
				if (isSystemCallError(error, "EEXIST")) continue;
				throw error;
			}
			if (!this.#held.hold(name + unfinished)) continue;
			// Another process may have finished one of that name between the two looks.
			if (this.#isTaken(name)) {
				this.#held.release(name + unfinished);
				rmdirSync(directory);
				continue;
			}
			if (this.#owner !== null) chownSync(directory, this.#owner.uid, this.#owner.gid);
			chmodSync(directory, 0o755);
			return new StagedLayer(this.path, name, this.#held);
		}
	}

	/** Tells whether a layer is there, which this process then uses until it ends. */
	hold(name: string): boolean {
		return this.#held.hold(name);
	}

	/** Opens a manifest; null where another process has put a newer one in its place. */
	openManifest(name: string): ManifestReader | null {
		try {
			return new ManifestReader(join(this.path, name));
		} catch (error) {
			if (isSystemCallError(error, "ENOENT")) return null;
			throw error;
		}
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

	/** Returns the names of layers, finished or not. */
	names(): readonly string[] {
		if (!existsSync(this.path)) return [];
		const entries = readdirSync(this.path, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
	}

	/** Locks a layer against every other process; null where one uses it, or this one is making it. */
	own(name: string): Disposable | null {
		if (name.endsWith(unfinished) && this.#held.has(name)) return null;
		return this.#held.own(name);
	}

	/** Removes, or only counts, the layers given, which must be owned, and the manifests and single files of no layer that stays. */
	sweep(
		owned: ReadonlySet<string>,
		kept: ReadonlySet<string>,
		dryRun: boolean,
	): { readonly trees: number; readonly bytes: number } {
		const swept = { trees: 0, bytes: 0 };
		if (!existsSync(this.path)) return swept;
		for (const entry of readdirSync(this.path, { withFileTypes: true })) {
			const path = join(this.path, entry.name);
			if (
				entry.isDirectory()
					? !owned.has(entry.name)
					: kept.has(entry.name) || this.#isBeingMade(entry.name, owned, kept)
			)
				continue;
			if (entry.isDirectory()) swept.trees++;
			swept.bytes += measureTree(path);
			if (dryRun) continue;
			if (!entry.isDirectory()) rmSync(path, { force: true });
			else {
				removeTree(path);
				this.#held.release(entry.name);
			}
		}
		return swept;
	}

	[Symbol.dispose](): void {
		this.#held[Symbol.dispose]();
	}

	/** A manifest whose layer is not finished, or finished and not on record yet, belongs to a snapshot that is being taken. */
	#isBeingMade(file: string, owned: ReadonlySet<string>, kept: ReadonlySet<string>): boolean {
		const name = file.split(".")[0] ?? "";
		const layers = [name, name + unfinished].filter((layer) => !owned.has(layer) && !kept.has(layer));
		return layers.some((layer) => existsSync(join(this.path, layer)));
	}

	#isTaken(name: string): boolean {
		return existsSync(join(this.path, name)) || existsSync(join(this.path, `${name}.manifest`));
	}

	#removeAbandoned(): void {
		for (const name of this.names()) {
			if (!name.endsWith(unfinished)) continue;
			using owned = this.own(name);
			if (owned === null) continue;
			removeTree(join(this.path, name));
			for (const entry of readdirSync(this.path)) {
				if (entry.startsWith(`${name}.`) || entry === name.replace(unfinished, `.manifest${unfinished}`))
					rmSync(join(this.path, entry), { force: true });
			}
		}
	}
}
