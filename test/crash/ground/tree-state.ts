import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
// Not by the entry file: that loads the test runner, which a program of its own cannot.
import {
	normalisePlantedTree,
	type PlantedTree,
	readPlantedTree,
} from "../../../packages/testkit/src/worktree/planted-tree.ts";

/** Spells what a tree on disk holds as one text, equal for equal trees, without what Retake keeps beside it. */
export function stateOnDisk(root: string): string {
	return spelled(readPlantedTree(root));
}

/** Spells what a planted tree would hold on disk. */
export function stateOf(tree: PlantedTree): string {
	return spelled(normalisePlantedTree(tree));
}

/** Returns what a commit left in `.retake` besides what always stays there: names beneath it, an entry of the journal as one. */
export function leftBehind(root: string): readonly string[] {
	const state = join(root, ".retake");
	if (!existsSync(state)) return [];
	const left = readdirSync(state).filter((name) => ![".gitignore", "commit.lock", "journal"].includes(name));
	const journal = join(state, "journal");
	return existsSync(journal) ? [...left, ...readdirSync(journal).map((name) => `journal/${name}`)] : left;
}

function spelled(tree: Record<string, string | null>): string {
	return JSON.stringify(Object.entries(tree).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
