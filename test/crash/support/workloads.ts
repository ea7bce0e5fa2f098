import { type Changeset, createMemoryBlobs } from "@retake/changeset";
// Not by the entry file: that loads the test runner, and this starts once for every system call.
import { changesetBetween, type PlantedTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";

/** A tree, what a commit makes of it, and the commit itself. */
export interface Workload {
	readonly before: PlantedTree;
	readonly after: PlantedTree;
	readonly changeset: Changeset;
	readonly blobs: ReturnType<typeof createMemoryBlobs>;
}

/** Names a workload. */
export type WorkloadName = "files" | "types";

/** Builds a workload: always the same one, in the test and in the process under fire. */
export function buildWorkload(name: WorkloadName): Workload {
	const { before, after } = name === "files" ? manyFiles() : changingTypes();
	const blobs = createMemoryBlobs();
	return { before, after, changeset: changesetBetween(before, after, blobs), blobs };
}

/** Commits that follow one another: `states[n]` is the tree once n of them are done. No two states are alike. */
export interface Series {
	readonly states: readonly PlantedTree[];
	readonly changesets: readonly Changeset[];
	readonly blobs: ReturnType<typeof createMemoryBlobs>;
}

/** Names a series: a workload alone, or several commits, small and large, so that a later one can lose an earlier one. */
export type SeriesName = WorkloadName | "several";

/** Builds a series: always the same one, in the sweep and in the process under fire. */
export function buildSeries(name: SeriesName): Series {
	if (name !== "several") {
		const { before, after, changeset, blobs } = buildWorkload(name);
		return { states: [before, after], changesets: [changeset], blobs };
	}
	const { before, after } = changingTypes();
	const small = { ...after, stays: "edited", new: null, "new/file": "its folder is new" };
	const folder = Array.from({ length: 6 }, (_, number) => [`many/file-${number}`, `${number}\n`.repeat(5000)]);
	const large = { ...small, many: null, ...Object.fromEntries(folder) };
	const states: readonly PlantedTree[] = [before, after, small, large, { ...large, stays: "edited again" }];
	const blobs = createMemoryBlobs();
	const changesets = states.slice(1).map((state, index) => changesetBetween(states[index] ?? {}, state, blobs));
	return { states, changesets, blobs };
}

function manyFiles(): { before: PlantedTree; after: PlantedTree } {
	const before: Record<string, string | null> = { src: null, "src/deep": null, test: null, untouched: "untouched" };
	const after: Record<string, string | null> = { ...before };
	for (let number = 0; number < 40; number++) {
		const path = `${["src", "src/deep", "test"][number % 3]}/file-${number}`;
		if (number % 4 !== 0) before[path] = `old ${number}`;
		if (number % 4 !== 1) after[path] = `new ${number}\n`.repeat(number + 1);
	}
	return { before, after };
}

function changingTypes(): { before: PlantedTree; after: PlantedTree } {
	return {
		before: {
			fileToFolder: "file",
			folderToFile: null,
			"folderToFile/one": "1",
			"folderToFile/sub": null,
			"folderToFile/sub/two": "2",
			fileToLink: "file",
			linkToFile: "-> elsewhere",
			folderToLink: null,
			"folderToLink/inner": "inner",
			linkToFolder: "-> ..",
			"mode@600": "mode",
			"folderMode@700": null,
			gone: null,
			"gone/empty": null,
			stays: "stays",
		},
		after: {
			fileToFolder: null,
			"fileToFolder/deep": null,
			"fileToFolder/deep/file": "deep",
			folderToFile: "now a file",
			fileToLink: "-> stays",
			linkToFile: "no link any more",
			folderToLink: "-> stays",
			linkToFolder: null,
			"linkToFolder/file": "inside",
			"mode@755": "mode",
			"folderMode@750": null,
			fresh: null,
			"fresh/empty": null,
			stays: "stays",
		},
	};
}
