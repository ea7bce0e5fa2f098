import type { TreeId } from "@retake/base";
import type { TreePath } from "@retake/changeset";
import type { FactKind, FactTable } from "@retake/store";

/** What the store remembers of a snapshot. Names are those of entries of the trees directory. */
export interface SnapshotRecord {
	readonly treeId: TreeId;
	/** Uppermost first. */
	readonly layers: readonly string[];
	readonly manifest: string;
	readonly fileCount: number;
	readonly byteCount: number;
	/** Modes that could not be kept on disk, for the owner must be able to read. */
	readonly trueModes: readonly (readonly [TreePath, number])[];
}

/** Which tree a directory, a commit or a set-up key had last, and the manifest with the stamps of a directory's files. */
export interface SourceRecord {
	readonly treeId: TreeId;
	readonly manifest: string;
	/** Paths that are submodules in the commit; empty directories in the snapshot. */
	readonly submodules?: readonly TreePath[];
}

/** Reads and writes the records of snapshots among the store's facts. */
export class SnapshotRecords {
	readonly #facts: FactTable;

	constructor(facts: FactTable) {
		this.#facts = facts;
	}

	snapshot(treeId: TreeId): SnapshotRecord | null {
		return this.#read<SnapshotRecord>("snapshot", `tree:${treeId}`);
	}

	saveSnapshot(record: SnapshotRecord): void {
		this.#write("snapshot", `tree:${record.treeId}`, record);
	}

	/** `key` begins with `directory:` or `commit:`, or is a set-up's own. */
	source(table: "snapshot" | "setup", key: string): SourceRecord | null {
		return this.#read<SourceRecord>(table, key);
	}

	saveSource(table: "snapshot" | "setup", key: string, record: SourceRecord): void {
		this.#write(table, key, record);
	}

	/** Every record that names a tree, with the fact that holds it. */
	*all(): Generator<{
		readonly table: "snapshot" | "setup";
		readonly key: string;
		readonly record: SnapshotRecord | SourceRecord;
	}> {
		for (const table of ["snapshot", "setup"] as const) {
			for (const { key, value } of this.#facts.list(table)) yield { table, key, record: parse(value) };
		}
	}

	delete(table: "snapshot" | "setup", key: string): void {
		this.#facts.delete(table, key);
	}

	#read<Stored>(table: FactKind, key: string): Stored | null {
		const value = this.#facts.get(table, key);
		return value === null ? null : (parse(value) as Stored);
	}

	#write(table: FactKind, key: string, record: SnapshotRecord | SourceRecord): void {
		// JSON and not canonical MessagePack: a path's lone surrogate survives it as an escape.
		this.#facts.set(table, key, new TextEncoder().encode(JSON.stringify(record)));
	}
}

function parse(value: Uint8Array): SnapshotRecord | SourceRecord {
	return JSON.parse(new TextDecoder().decode(value)) as SnapshotRecord | SourceRecord;
}
