import type { TreeId } from "@retake/base";
import type { SnapshotLibrary } from "./snapshot-library.ts";
import type { SnapshotRecord, SourceRecord } from "./snapshot-record.ts";
import type { CollectedSnapshots } from "./snapshots.ts";

/**
 * Removes every snapshot that is not kept, with the layers that no other uses, and what was left half-made: see
 * `Snapshots.collect`. What another process uses stays: each layer is locked before its record is deleted.
 */
export function collectSnapshots(
	library: SnapshotLibrary,
	keep: () => Iterable<TreeId>,
	dryRun: boolean,
): CollectedSnapshots {
	const { trees, records, store } = library;
	using owned = new OwnedLayers();
	const { files: wanted } = usedFiles(library, new Set(keep()), () => false);
	for (const name of trees.names()) if (!wanted.has(name)) owned.add(name, trees.own(name));
	// Between the look and the locks another process may have taken a snapshot and begun a run on it.
	const { files, unused } = store.atomically(() => {
		const isFree = (name: string): boolean => owned.names.has(name) || wanted.has(name);
		const used = usedFiles(library, new Set(keep()), (record) => !record.layers.every(isFree));
		if (!dryRun) for (const { table, key } of used.unused) records.delete(table, key);
		return used;
	});
	const removable = new Set([...owned.names].filter((name) => !files.has(name)));
	const snapshots = unused.filter(({ key }) => key.startsWith("tree:")).length;
	return { snapshots, ...trees.sweep(removable, files, dryRun) };
}

class OwnedLayers implements Disposable {
	readonly names = new Set<string>();
	readonly #locks = new DisposableStack();

	add(name: string, lock: Disposable | null): void {
		if (lock === null) return;
		this.names.add(name);
		this.#locks.use(lock);
	}

	[Symbol.dispose](): void {
		this.#locks[Symbol.dispose]();
	}
}

interface UsedFiles {
	/** Names of layers and manifests. */
	readonly files: ReadonlySet<string>;
	readonly unused: readonly { readonly table: "snapshot" | "setup"; readonly key: string }[];
}

function usedFiles(
	{ records }: SnapshotLibrary,
	kept: ReadonlySet<TreeId>,
	isUsedElsewhere: (record: SnapshotRecord) => boolean,
): UsedFiles {
	const files = new Set<string>();
	const unused: { readonly table: "snapshot" | "setup"; readonly key: string }[] = [];
	const all = [...records.all()];
	const used = new Set(kept);
	for (const { record } of all) if (isWhole(record) && isUsedElsewhere(record)) used.add(record.treeId);
	for (const { table, key, record } of all) {
		if (!used.has(record.treeId)) {
			unused.push({ table, key });
			continue;
		}
		files.add(record.manifest);
		if (isWhole(record)) for (const layer of record.layers) files.add(layer);
	}
	return { files, unused };
}

function isWhole(record: SnapshotRecord | SourceRecord): record is SnapshotRecord {
	return "layers" in record;
}
