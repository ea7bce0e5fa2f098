import { readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { removeTree } from "../disk/remove-tree.ts";
import type { HeldTrees } from "./held-trees.ts";
import { ManifestReader } from "./manifest-reader.ts";
import { ManifestWriter } from "./manifest-writer.ts";

/** What the names of layers and manifests end in until they are whole. */
export const unfinished = ".part";

/** A layer of a snapshot and its manifest while they are made: kept under their final names, or removed at disposal. */
export class StagedLayer implements Disposable {
	readonly name: string;
	readonly directory: string;
	/** The manifest's final name. */
	readonly manifest: string;
	readonly #treesPath: string;
	readonly #held: HeldTrees;
	#isKept = false;

	/** Takes over the hold on the unfinished layer. */
	constructor(treesPath: string, name: string, held: HeldTrees) {
		this.name = name;
		this.manifest = `${name}.manifest`;
		this.directory = join(treesPath, name + unfinished);
		this.#treesPath = treesPath;
		this.#held = held;
	}

	/** Begins the manifest, anew where it was begun before. */
	writeManifest(): ManifestWriter {
		return new ManifestWriter(this.#manifestPath + unfinished);
	}

	/** Reads the manifest that was written last. */
	readManifest(): ManifestReader {
		return new ManifestReader(this.#manifestPath + unfinished);
	}

	keepManifest(): void {
		renameSync(this.#manifestPath + unfinished, this.#manifestPath);
	}

	keep(): void {
		renameSync(this.directory, join(this.#treesPath, this.name));
		this.#held.rename(this.name + unfinished, this.name);
		this.#isKept = true;
	}

	[Symbol.dispose](): void {
		if (!this.#isKept) removeTree(this.directory);
		rmSync(this.#manifestPath + unfinished, { force: true });
		// Copies of files that had not got to their place.
		const beside = `${basename(this.directory)}.`;
		for (const name of readdirSync(this.#treesPath)) if (name.startsWith(beside)) rmSync(join(this.#treesPath, name));
		if (!this.#isKept) this.#held.release(this.name + unfinished);
	}

	get #manifestPath(): string {
		return join(this.#treesPath, this.manifest);
	}
}
