import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import {
	type AttributedChanges,
	createAttributes,
	decodeAttributes,
	emptyChangeset,
	encodeAttributes,
	type GroupedAttributes,
	type TreeAttributes,
} from "@retake/changeset";
import { openStore, type Store } from "@retake/store";
import { beginMemory, beginOverlay, openSnapshots, type Snapshot, type Transaction } from "@retake/txfs";
import { type AttributeListing, listAttributes } from "./list-attributes.ts";
import { plantTree } from "./plant-tree.ts";
import { planTree, seeded } from "./random-tree.ts";

/** What a negative control leaves out on the way through the store; each must be missed. */
export const omissions = [
	"mtime",
	"xattrs",
	"extents",
	"linkGroup",
	"mode",
	"target",
	"name",
	"emptyDirectory",
] as const;
export type Omission = (typeof omissions)[number];

/** Where round trips are made, and as whom. */
export interface RoundTripOptions {
	readonly count: number;
	readonly seed: number;
	/** The owner of what is written, for root; null otherwise. */
	readonly owner: { readonly uid: number; readonly gid: number } | null;
	readonly omit?: Omission;
}

/** How many trees differed, and the first differences. */
export interface RoundTripReport {
	readonly trees: number;
	readonly paths: number;
	readonly different: number;
	readonly first: readonly string[];
}

/**
 * Makes random trees, each in a step of an overlay transaction, captures them, keeps changeset, contents and attributes in a store on disk,
 * reads them back, passes them through a memory transaction and the store again, applies them in another overlay
 * transaction, and there touches some paths and has the layers folded. Compares what lies on the disk each time.
 */
export async function roundTrips(options: RoundTripOptions): Promise<RoundTripReport> {
	const directory = mkdtempSync(join(tmpdir(), "retake-fidelity-"));
	const base = join(directory, "base");
	mkdirSync(base);
	const store = openStore(join(directory, "store"), { clock: systemClock });
	try {
		const snapshot = await openSnapshots({ store, owner: options.owner }).fromDirectory(base);
		const report = { trees: 0, paths: 0, different: 0, first: [] as string[] };
		for (let seed = options.seed; seed < options.seed + options.count; seed++) {
			const differences = await roundTrip({ ...options, directory, store, snapshot, treeSeed: seed });
			report.trees++;
			report.paths += differences.paths;
			if (differences.lines.length === 0) continue;
			report.different++;
			if (report.first.length < 3) report.first.push(`seed ${seed}: ${differences.lines.slice(0, 4).join(" | ")}`);
		}
		return report;
	} finally {
		store[Symbol.dispose]();
		rmSync(directory, { recursive: true, force: true });
	}
}

interface TripParts extends RoundTripOptions {
	readonly directory: string;
	readonly store: Store;
	readonly snapshot: Snapshot;
	readonly treeSeed: number;
}

async function roundTrip(parts: TripParts): Promise<{ readonly paths: number; readonly lines: readonly string[] }> {
	const { directory, store, snapshot, owner, treeSeed } = parts;
	const space = join(directory, "space");
	mkdirSync(space);
	const begin = (layersMax: number): Transaction =>
		beginOverlay({ snapshot, space: () => ({ root: space, layersMax }), owner, blobs: store.blobs });
	let lines: readonly string[];
	let source: AttributeListing;
	{
		await using planting = begin(9);
		let upper = "";
		const captured = await planting.step(async ({ mount }) => {
			upper = mount?.kind === "overlay" ? mount.upper : "";
			plantTree(upper, planTree(treeSeed));
		});
		source = listAttributes(upper);
		const read = omitted(stored(store, captured), parts.omit);
		await using memory = beginMemory({ base: snapshot, blobs: store.blobs });
		const passed = await memory.step(async (layer) => layer.apply(read.changeset, read.attributes));
		const again = stored(store, passed);
		await using applying = begin(2);
		const applied = await applying.step(async ({ mount, ...layer }) => {
			layer.apply(again.changeset, again.attributes);
			upper = mount?.kind === "overlay" ? mount.upper : "";
		});
		lines = [
			...differencesOf("applied", source, listAttributes(upper)),
			...(encodeAttributes(applied.attributes).every(
				(byte, index) => byte === encodeAttributes(captured.attributes)[index],
			)
				? []
				: ["the attributes captured again differ"]),
		];
		if (parts.omit === undefined)
			lines = [...lines, ...(await folded(applying, source, captured.attributes, treeSeed))];
	}
	rmSync(space, { recursive: true });
	return { paths: source.size, lines };
}

/** Touches some paths in a second step, has both layers folded into one by a third, and compares that. */
async function folded(
	transaction: Transaction,
	source: AttributeListing,
	attributes: TreeAttributes,
	seed: number,
): Promise<readonly string[]> {
	const random = seeded(seed ^ 0x5bd1e995);
	const touched: GroupedAttributes[] = attributes.entries
		.filter(() => random() < 0.4)
		.map((entry) => ({ ...entry, mtimeNs: entry.mtimeNs + 1n, linkGroup: null }));
	if (touched.length === 0) return [];
	const step = createAttributes(touched);
	let touchedLayer = "";
	await transaction.step(async ({ mount, ...layer }) => {
		touchedLayer = mount?.kind === "overlay" ? mount.upper : "";
		layer.apply(emptyChangeset, step);
	});
	const expected = new Map(source);
	for (const [path, line] of listAttributes(touchedLayer)) expected.set(path, line);
	for (const { path } of touched) {
		for (const [other, line] of expected) expected.set(other, withoutLink(line, path));
	}
	let lower = "";
	await transaction.step(async ({ mount }) => {
		lower = (mount?.kind === "overlay" ? mount.lowers[0] : null) ?? "";
	});
	return differencesOf("folded", expected, listAttributes(lower));
}

/** Takes a path that became a file of its own out of the group of hard links that a line ends with. */
function withoutLink(line: string, path: string): string {
	const [head = "", group] = line.split(" linked ");
	if (group === undefined) return line;
	const others = group.split("\0").filter((member) => member !== path);
	return others.length > 1 ? `${head} linked ${others.join("\0")}` : head;
}

function differencesOf(what: string, expected: AttributeListing, actual: AttributeListing): string[] {
	const lines: string[] = [];
	for (const path of new Set([...expected.keys(), ...actual.keys()])) {
		if (expected.get(path) === actual.get(path)) continue;
		lines.push(`${what} ${JSON.stringify(path)}: ${expected.get(path)} became ${actual.get(path)}`);
	}
	return lines;
}

function stored(store: Store, { changeset, attributes }: AttributedChanges): AttributedChanges {
	const changesetId = store.changesets.write(changeset);
	const attributesId = store.blobs.write(encodeAttributes(attributes));
	return {
		changeset: store.changesets.read(changesetId),
		attributes: decodeAttributes(store.blobs.read(attributesId)),
	};
}

function omitted({ changeset, attributes }: AttributedChanges, omit: Omission | undefined): AttributedChanges {
	const changed = (change: (node: (typeof changeset.changes)[number]) => typeof node | null): AttributedChanges => ({
		changeset: { kind: "changeset", changes: changeset.changes.flatMap((each) => change(each) ?? []) },
		attributes,
	});
	const without = (change: (entry: GroupedAttributes) => GroupedAttributes): AttributedChanges => ({
		changeset,
		attributes: createAttributes(attributes.entries.map(change)),
	});
	switch (omit) {
		case undefined:
			return { changeset, attributes };
		case "mtime":
			return without((entry) => ({ ...entry, mtimeNs: (entry.mtimeNs / 1000n) * 1000n }));
		case "xattrs":
			return without((entry) => ({ ...entry, xattrs: [] }));
		case "extents":
			return without((entry) => ({ ...entry, extents: null }));
		case "linkGroup":
			return without((entry) => ({ ...entry, linkGroup: null }));
		case "mode":
			return changed((each) =>
				each.now?.kind === "file" ? { ...each, now: { ...each.now, mode: each.now.mode ^ 0o1 } } : each,
			);
		case "target":
			return changed((each) => (each.now?.kind === "symlink" ? { ...each, now: { ...each.now, target: "x" } } : each));
		case "name":
			return changed((each) => (each.path.isWellFormed() ? each : null));
		case "emptyDirectory":
			return changed((each) => {
				const isEmpty = !changeset.changes.some(({ path }) => path.startsWith(`${each.path}/`));
				return each.now?.kind === "directory" && isEmpty ? null : each;
			});
	}
}
