import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type PlantedTree, plantTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";
import type { Programs } from "./build-programs.ts";
import { inLanes, sample } from "./in-lanes.ts";
import { type Command, untilStruck } from "./system-calls.ts";

/** How much of a sweep to run, and who is told how far it is. */
export interface GroundOptions {
	readonly programs: Programs;
	/** An even sample of the points where this is less than their number; null for every one. */
	readonly pointsMax: number | null;
	/** What random choices grow from. */
	readonly seed: number;
	/** Is told how many of the blows have fallen. */
	readonly onProgress: (fallen: number, all: number) => void;
}

const run = promisify(execFile);

/** Where a sweep takes place: a directory of its own, the programs under fire, and which points to visit. */
export class CrashGround implements Disposable {
	readonly place: string;
	readonly programs: Programs;
	readonly pointsMax: number | null;
	readonly seed: number;
	readonly #onProgress: GroundOptions["onProgress"];
	readonly #templates = new Map<PlantedTree, string>();

	constructor({ programs, pointsMax, seed, onProgress }: GroundOptions) {
		this.place = mkdtempSync(join(tmpdir(), "retake-crash-"));
		this.programs = programs;
		this.pointsMax = pointsMax;
		this.seed = seed;
		this.#onProgress = onProgress;
	}

	/** Returns the points to visit: all, or an even sample of them with the first and the last. */
	choose<Item>(points: readonly Item[]): readonly Item[] {
		return this.pointsMax === null ? points : sample(points, this.pointsMax);
	}

	/** Works through blows, some at a time, and tells how far it is. */
	async strikeAll<Item>(blows: readonly Item[], lanes: number, strike: (item: Item) => Promise<void>): Promise<void> {
		let fallen = 0;
		await inLanes(blows, lanes, async (item) => {
			await untilStruck(async () => strike(item));
			this.#onProgress(++fallen, blows.length);
		});
	}

	/** Tells how far a sweep is that counts for itself. */
	progress(fallen: number, all: number): void {
		this.#onProgress(fallen, all);
	}

	/** Plants a tree in a new directory. The same tree is written once and copied from then on. */
	async plant(tree: PlantedTree, label: string): Promise<string> {
		let template = this.#templates.get(tree);
		if (template === undefined) {
			template = join(this.place, `template-${this.#templates.size}`);
			mkdirSync(template);
			plantTree(template, tree);
			this.#templates.set(tree, template);
		}
		return this.copy(template, label);
	}

	/** Returns the worker's run on a tree: `verb NAME ROOT`, and flags. */
	command(verb: string, name: string, root: string, flags: readonly string[] = []): Command {
		return { programs: this.programs, args: [verb, name, root, ...flags], root };
	}

	/** Copies a tree, modes and times and all, into a new directory. */
	async copy(from: string, label: string): Promise<string> {
		const root = join(this.place, label);
		// A strike that missed has left one.
		await this.clear(root);
		await run("cp", ["-a", from, root]);
		return root;
	}

	/** Removes what a blow needed. */
	async clear(...paths: readonly string[]): Promise<void> {
		await run("rm", ["-rf", ...paths]);
	}

	[Symbol.dispose](): void {
		rmSync(this.place, { recursive: true, force: true });
	}
}
