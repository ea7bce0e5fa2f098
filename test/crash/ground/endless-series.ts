import { type Changeset, createMemoryBlobs } from "@retake/changeset";
import { changesetBetween, type PlantedTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";
import { buildSeries } from "./workloads.ts";

const { states } = buildSeries("several");

/** The file in which a tree says how many commits it holds. */
export const counterPath = "counter";

/** Returns the tree once `count` commits are done: the states of `several` over and over, and a file that holds the count. */
export function stateAfter(count: number): PlantedTree {
	return { ...states[count % states.length], [counterPath]: String(count) };
}

/** Returns the commit that follows `count` others, and the contents that it needs. */
export function commitAfter(count: number): {
	readonly changeset: Changeset;
	readonly blobs: ReturnType<typeof createMemoryBlobs>;
} {
	const blobs = createMemoryBlobs();
	return { changeset: changesetBetween(stateAfter(count), stateAfter(count + 1), blobs), blobs };
}
