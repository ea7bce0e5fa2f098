import {
	type Changeset,
	createAttributes,
	createMemoryBlobs,
	type DataExtent,
	type TreeAttributes,
	treePath,
} from "@retake/changeset";
// Not by the entry file: that loads the test runner, and this starts once for every system call.
import { changesetBetween, type PlantedTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";

/** Commits that follow one another: `states[n]` is the tree once n of them are done. No two states are alike. */
export interface Series {
	readonly states: readonly PlantedTree[];
	/** Of each state, what is known of its attributes; null for nothing. */
	readonly attributes: readonly (TreeAttributes | null)[];
	readonly changesets: readonly Changeset[];
	readonly blobs: ReturnType<typeof createMemoryBlobs>;
}

/**
 * Names a series: 500 files made, edited and deleted; files, directories and links that become one another; paths of 3 KiB and names
 * of 255 bytes; several commits, small and large, so that a later one can lose an earlier one; times, extended attributes, hard links and
 * holes that come, change and go.
 */
export type SeriesName = keyof typeof makers;

const makers = {
	files: manyFiles,
	types: changingTypes,
	deep: deepPaths,
	several: severalCommits,
	attributes: changingAttributes,
} as const;

/** Builds a series: always the same one, in the sweep and in the process under fire. */
export function buildSeries(name: SeriesName): Series {
	const made: readonly (PlantedTree | AttributedTree)[] = makers[name]();
	const states = made.map((state) => (isAttributed(state) ? state[0] : state));
	const attributes = made.map((state) => (isAttributed(state) ? state[1] : null));
	const blobs = createMemoryBlobs();
	const changesets = states.slice(1).map((state, index) => changesetBetween(states[index] ?? {}, state, blobs));
	return { states, attributes, changesets, blobs };
}

type AttributedTree = readonly [tree: PlantedTree, attributes: TreeAttributes];

function isAttributed(state: PlantedTree | AttributedTree): state is AttributedTree {
	return Array.isArray(state);
}

const holed = `start${"\0".repeat(256 * 1024)}end`;

function changingAttributes(): readonly (PlantedTree | AttributedTree)[] {
	const before = { kept: "kept", folder: null, "folder/one": "one", "folder/gone": "gone" };
	const linked = { ...before, "folder/gone": "now linked", "folder/two": "now linked", holed, fresh: "fresh" };
	const relinked = { ...linked, "folder/two": "linked no more", "folder/three": "now linked", fresh: "edited" };
	const extents = [
		{ offset: 0, length: 4096 },
		{ offset: 256 * 1024, length: 8 },
	];
	return [
		before,
		[
			linked,
			attributesOf({
				kept: { second: 1, xattrs: { "user.note": "one" } },
				folder: { second: 2, xattrs: { "user.folder": "x" } },
				"folder/gone": { second: 3, group: 1 },
				"folder/two": { second: 3, group: 1 },
				holed: { second: 4, extents },
				fresh: { second: 5, xattrs: { "user.a": "1", "user.b": "2" } },
			}),
		],
		[
			relinked,
			attributesOf({
				kept: { second: 6, xattrs: { "user.note": "two", "user.more": "three" } },
				folder: { second: 7 },
				"folder/gone": { second: 8, group: 1 },
				"folder/three": { second: 8, group: 1 },
				"folder/two": { second: 9, xattrs: { "user.alone": "" } },
				fresh: { second: 10 },
			}),
		],
	];
}

interface PlannedAttributes {
	/** Of the time of the last write. */
	readonly second: number;
	readonly xattrs?: Readonly<Record<string, string>>;
	readonly extents?: readonly DataExtent[];
	/** Names of one file have the same. */
	readonly group?: number;
}

function attributesOf(planned: Readonly<Record<string, PlannedAttributes>>): TreeAttributes {
	return createAttributes(
		Object.entries(planned).map(([path, { second, xattrs = {}, extents = null, group = null }]) => ({
			path: treePath(path),
			mtimeNs: 1_600_000_000_000_000_000n + BigInt(second) * 1_000_000_001n,
			xattrs: Object.entries(xattrs).map(([name, value]) => ({ name, value: Buffer.from(value) })),
			extents,
			linkGroup: group,
		})),
	);
}

function severalCommits(): readonly PlantedTree[] {
	const [before = {}, after = {}] = changingTypes();
	const small = { ...after, stays: "edited", new: null, "new/file": "its folder is new" };
	const folder = Array.from({ length: 6 }, (_, number) => [`many/file-${number}`, `${number}\n`.repeat(5000)]);
	const large = { ...small, many: null, ...Object.fromEntries(folder) };
	return [before, after, small, large, { ...large, stays: "edited again" }];
}

const deepLevels = 12;

function deepPaths(): readonly PlantedTree[] {
	const before: Record<string, string | null> = {};
	const after: Record<string, string | null> = {};
	// Bytes count, not letters: 127 of two bytes and one of one.
	const long = "ü".repeat(127) + "x";
	let path = "";
	for (let level = 0; level < deepLevels; level++) {
		path = path === "" ? long : `${path}/${long}`;
		before[path] = null;
		after[path] = null;
		before[`${path}/edited`] = `old ${level}`;
		after[`${path}/edited`] = `new ${level}`;
	}
	// Three levels go and four of another name come, at the very bottom.
	for (const [tree, name, levels] of [[before, "g", 3] as const, [after, "n", 4] as const]) {
		let deeper = path;
		for (let level = 0; level < levels; level++) {
			deeper = `${deeper}/${name.repeat(30)}`;
			tree[deeper] = null;
			tree[`${deeper}/file`] = `${name} ${level}`;
		}
	}
	return [before, after];
}

const filesCount = 500;

function manyFiles(): readonly PlantedTree[] {
	const before: Record<string, string | null> = { src: null, "src/deep": null, test: null, untouched: "untouched" };
	const after: Record<string, string | null> = { ...before };
	for (let number = 0; number < filesCount; number++) {
		const path = `${["src", "src/deep", "test"][number % 3]}/file-${number}`;
		if (number % 4 !== 0) before[path] = `old ${number}`;
		if (number % 4 !== 1) after[path] = `new ${number}\n`.repeat(1 + (number % 40));
	}
	return [before, after];
}

function changingTypes(): readonly PlantedTree[] {
	return [
		{
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
		{
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
	];
}
