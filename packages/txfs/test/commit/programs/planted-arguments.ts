import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween, type PlantedTree } from "@retake/testkit";

/** Spells what turns one tree into another as `commit-planted.ts` takes it. */
export function plantedArguments(
	before: PlantedTree,
	after: PlantedTree,
): readonly [changes: string, contents: string] {
	const { changes } = changesetBetween(before, after, createMemoryBlobs());
	const touched = new Set(changes.map(({ path }) => String(path)));
	const trees = [...Object.entries(before), ...Object.entries(after)];
	const contents = trees.flatMap(([key, text]) =>
		text !== null && touched.has(key.split("@")[0] ?? "") ? [text] : [],
	);
	return [JSON.stringify(changes), JSON.stringify(contents)];
}
