import { join } from "node:path";
import { RetakeError, type TreeId } from "@retake/base";
import { type Changeset, emptyAttributes, type TreePath } from "@retake/changeset";
import type { Store } from "@retake/store";
import type { TreeOwner } from "../layer-space.ts";
import { applyToLayer } from "../overlay/apply-to-layer.ts";
import { LayerStack } from "../overlay/layer-stack.ts";
import { LayerWriter } from "../overlay/layer-writer.ts";
import type { Snapshot } from "../snapshot.ts";
import { emptyTree } from "../tree/empty-tree.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { FrozenSnapshot } from "./frozen-snapshot.ts";
import { type Manifest, type ManifestEntry, sortManifest } from "./manifest.ts";
import { type SnapshotRecord, SnapshotRecords, type SourceRecord } from "./snapshot-record.ts";
import type { CollectedSnapshots } from "./snapshots.ts";
import { type StagedLayer, TreesDirectory } from "./trees-directory.ts";

/** The parts of a store that snapshots need. */
export type SnapshotStore = Pick<Store, "directory" | "treesDirectory" | "blobs" | "facts">;

/** The shelf of snapshots: opens those there are, and takes in new ones whole or not at all. */
export class SnapshotLibrary {
	readonly store: SnapshotStore;
	readonly owner: TreeOwner | null;
	readonly records: SnapshotRecords;
	readonly trees: TreesDirectory;
	readonly #opened = new Map<TreeId, WeakRef<FrozenSnapshot>>();

	constructor(store: SnapshotStore, owner: TreeOwner | null) {
		this.store = store;
		this.owner = owner;
		this.records = new SnapshotRecords(store.facts);
		this.trees = new TreesDirectory(store.treesDirectory, owner);
	}

	open(treeId: TreeId): Snapshot | null {
		const record = this.recordOf(treeId);
		return record === null ? null : this.openRecord(record);
	}

	/** Opens what a directory, commit or set-up key had last, or returns null. */
	openSource(table: "snapshot" | "setup", key: string): Snapshot | null {
		const source = this.records.source(table, key);
		return source === null ? null : this.open(source.treeId);
	}

	/** Returns the record of a snapshot that is whole on disk. */
	recordOf(treeId: TreeId): SnapshotRecord | null {
		const record = this.records.snapshot(treeId);
		return record?.layers.every((name) => this.trees.has(name)) ? record : null;
	}

	/** Opens a snapshot; while it is in use, everybody gets the same one, with the hashes that it has learnt. */
	openRecord(record: SnapshotRecord): Snapshot {
		const opened = this.#opened.get(record.treeId)?.deref();
		const layers = record.layers.map((name) => join(this.trees.path, name));
		if (opened !== undefined && opened.layers.join() === layers.join()) return opened;
		const snapshot = new FrozenSnapshot(record, layers);
		this.#opened.set(record.treeId, new WeakRef(snapshot));
		return snapshot;
	}

	/** Opens the writer of a staged layer over a snapshot, or over nothing. */
	writerOf(staged: StagedLayer, below: Snapshot | null): LayerWriter {
		return new LayerWriter({
			directory: staged.directory,
			below: below ?? emptyTree,
			...(below === null ? {} : { attributesBelow: new LayerStack(below.layers) }),
			owner: this.owner,
			modeOnDisk: readableMode,
			isFresh: below === null,
		});
	}

	/**
	 * Takes a filled layer in: durable on disk first, on record after that. The layer is dropped where a snapshot of the same
	 * content and no more layers is there already. `entries` are those of the whole tree, in any order.
	 */
	keep(
		staged: StagedLayer,
		entries: ManifestEntry[],
		below: SnapshotRecord | null,
	): { readonly record: SnapshotRecord; readonly source: SourceRecord } {
		const manifest = `${staged.name}.manifest`;
		const sorted = sortManifest(entries);
		this.trees.writeManifest(manifest, { entries: sorted.entries, startedNs: staged.startedNs });
		const source = { treeId: sorted.treeId, manifest };
		const known = this.recordOf(sorted.treeId);
		const layers = [staged.name, ...(below?.layers ?? [])];
		// A shallower stack replaces a deeper one of the same content; those who have the deeper one open go on with it.
		if (known !== null && known.layers.length <= layers.length) return { record: known, source };
		staged.keep();
		this.trees.sync();
		const record = { treeId: sorted.treeId, layers, manifest, ...summaryOf(sorted.entries) };
		this.records.saveSnapshot(record);
		return { record, source };
	}

	/** Removes the manifest of a source that has a newer one, unless it is also its snapshot's own. */
	dropManifest({ treeId, manifest }: SourceRecord): void {
		if (this.records.snapshot(treeId)?.manifest !== manifest) this.trees.removeManifest(manifest);
	}

	/** Lays a changeset over a snapshot and takes the result in, to be found by `key`. */
	extend(snapshot: Snapshot, changeset: Changeset, key: string): Snapshot {
		const below = this.recordOf(snapshot.treeId);
		if (below === null) {
			throw new RetakeError("USAGE", `no snapshot has the tree ${snapshot.treeId}`, {
				sort: "misuse",
				remedy: "extend a snapshot that these Snapshots made and that was not collected",
			});
		}
		using staged = this.trees.stage();
		{
			using writer = this.writerOf(staged, snapshot);
			applyToLayer(writer, { changeset, attributes: emptyAttributes }, snapshot, this.store.blobs);
		}
		const entries = changedEntries(this.trees.readManifest(below.manifest), changeset);
		const { record, source } = this.keep(staged, entries, below);
		this.records.saveSource("setup", key, source);
		return this.openRecord(record);
	}

	collect(keepTreeIds: Iterable<TreeId>, dryRun: boolean): CollectedSnapshots {
		const kept = new Set(keepTreeIds);
		const names = new Set<string>();
		for (const { table, key, record } of [...this.records.all()]) {
			if (kept.has(record.treeId)) {
				names.add(record.manifest);
				if ("layers" in record) for (const layer of record.layers) names.add(layer);
			} else if (!dryRun) this.records.delete(table, key);
		}
		return this.trees.sweep(names, dryRun);
	}
}

function summaryOf(entries: readonly ManifestEntry[]): Pick<SnapshotRecord, "fileCount" | "byteCount" | "trueModes"> {
	let fileCount = 0;
	let byteCount = 0;
	const trueModes: [TreePath, number][] = [];
	for (const { path, node } of entries) {
		if (node.kind === "symlink") continue;
		if (readableMode(node.kind, node.mode) !== node.mode) trueModes.push([path, node.mode]);
		if (node.kind !== "file") continue;
		fileCount++;
		byteCount += node.size;
	}
	return { fileCount, byteCount, trueModes };
}

function changedEntries(manifest: Manifest, changeset: Changeset): ManifestEntry[] {
	const entries = new Map(manifest.entries.map((entry) => [entry.path, { ...entry, stamp: null }]));
	for (const { path, now } of changeset.changes) {
		if (now === null) entries.delete(path);
		else entries.set(path, { path, node: now, stamp: null });
	}
	return [...entries.values()];
}
