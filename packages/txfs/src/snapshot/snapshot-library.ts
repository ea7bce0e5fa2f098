import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RetakeError, type TreeId } from "@retake/base";
import { type AttributedChanges, type Changeset, comparePaths } from "@retake/changeset";
import type { Store } from "@retake/store";
import type { TreeOwner } from "../layer-space.ts";
import { LayerStack } from "../overlay/layer-stack.ts";
import { LayerWriter } from "../overlay/layer-writer.ts";
import type { Snapshot } from "../snapshot.ts";
import { applyToLayer } from "../tree/apply-to-layer.ts";
import { emptyTree } from "../tree/empty-tree.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { FrozenSnapshot } from "./frozen-snapshot.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { ManifestSummary } from "./manifest-writer.ts";
import { type SnapshotRecord, SnapshotRecords, type SourceRecord } from "./snapshot-record.ts";
import type { StagedLayer } from "./staged-layer.ts";
import { TreesDirectory } from "./trees-directory.ts";

/** The parts of a store that snapshots need. */
export type SnapshotStore = Pick<Store, "directory" | "treesDirectory" | "blobs" | "facts" | "atomically">;

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

	/** Returns the record of a snapshot that is whole on disk; this process uses its layers from now on. */
	recordOf(treeId: TreeId): SnapshotRecord | null {
		const record = this.records.snapshot(treeId);
		return record?.layers.every((name) => this.trees.hold(name)) ? record : null;
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

	/** Opens the writer of a staged layer over a snapshot, or over nothing; `isFresh` as the writer has it. */
	writerOf(staged: StagedLayer, below: Snapshot | null, isFresh: boolean): LayerWriter {
		return new LayerWriter({
			directory: staged.directory,
			below: below ?? emptyTree,
			...(below === null ? {} : { attributesBelow: new LayerStack(below.layers) }),
			owner: this.owner,
			modeOnDisk: readableMode,
			isFresh,
			keepsTimes: true,
		});
	}

	/**
	 * Takes a filled layer in: durable on disk first, on record after that. The layer is dropped where a snapshot of the same
	 * content and no more layers is there already, unless it holds what was only touched. The staged manifest is that of the whole tree.
	 */
	keep(
		staged: StagedLayer,
		summary: ManifestSummary,
		below: SnapshotRecord | null,
	): { readonly record: SnapshotRecord; readonly source: SourceRecord } {
		const { manifest } = staged;
		staged.keepManifest();
		const source = { treeId: summary.treeId, manifest };
		const known = this.recordOf(summary.treeId);
		const layers = [staged.name, ...(below?.layers ?? [])];
		// A shallower stack replaces a deeper one of the same content; those who have the deeper one open go on with it.
		const isTouched = below?.treeId === summary.treeId && readdirSync(staged.directory).length > 0;
		if (known !== null && known.layers.length <= layers.length && !isTouched) return { record: known, source };
		staged.keep();
		this.trees.sync();
		const record = { layers, manifest, ...summary };
		this.records.saveSnapshot(record);
		return { record, source };
	}

	/** Removes the manifest of a source that has a newer one, unless it is also its snapshot's own. */
	dropManifest({ treeId, manifest }: SourceRecord): void {
		if (this.records.snapshot(treeId)?.manifest !== manifest) this.trees.removeManifest(manifest);
	}

	/** Lays changes over a snapshot and takes the result in, to be found by `key`. */
	extend(snapshot: Snapshot, change: AttributedChanges, key: string): Snapshot {
		const below = this.recordOf(snapshot.treeId);
		using before = below === null ? null : this.trees.openManifest(below.manifest);
		if (below === null || before === null) {
			throw new RetakeError("USAGE", `no snapshot has the tree ${snapshot.treeId}`, {
				sort: "misuse",
				remedy: "extend a snapshot that these Snapshots made and that was not collected",
			});
		}
		using staged = this.trees.stage();
		{
			using writer = this.writerOf(staged, snapshot, false);
			applyToLayer(writer, change, snapshot, this.store.blobs);
		}
		using manifest = staged.writeManifest();
		for (const entry of changedEntries(before.entries(), change.changeset)) manifest.add(entry);
		const { record, source } = this.keep(staged, manifest.finish(), below);
		this.records.saveSource("setup", key, source);
		return this.openRecord(record);
	}
}

/** Merges the entries of a manifest with the changes of a changeset, both sorted by path. */
function* changedEntries(entries: Iterable<ManifestEntry>, { changes }: Changeset): Generator<ManifestEntry> {
	let at = 0;
	for (const entry of entries) {
		let change = changes[at];
		while (change !== undefined && comparePaths(change.path, entry.path) < 0) {
			if (change.now !== null) yield { path: change.path, node: change.now, stamp: null };
			change = changes[++at];
		}
		if (change?.path !== entry.path) yield { ...entry, stamp: null };
	}
	for (const { path, now } of changes.slice(at)) if (now !== null) yield { path, node: now, stamp: null };
}
