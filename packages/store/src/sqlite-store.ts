import { join } from "node:path";
import { BlobTable } from "./blob-table.ts";
import { SqliteChangesetTable } from "./changeset-table.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { Connection } from "./connection.ts";
import { SqliteEventTable } from "./event-table.ts";
import { SqliteFactTable } from "./fact-table.ts";
import { ReferenceTable } from "./reference-table.ts";
import { SqliteRunTable } from "./run-table.ts";
import type { GarbageReport, Store } from "./store.ts";
import { garbageGraceMs } from "./store-limits.ts";

/** The tables of one file, over one connection. */
export class SqliteStore implements Store {
	readonly directory: string;
	readonly treesDirectory: string;
	readonly blobs: BlobTable;
	readonly changesets: SqliteChangesetTable;
	readonly runs: SqliteRunTable;
	readonly events: SqliteEventTable;
	readonly facts: SqliteFactTable;
	readonly #connection: Connection;

	constructor(connection: Connection) {
		const references = new ReferenceTable(connection);
		this.directory = connection.directory;
		this.treesDirectory = join(connection.directory, "trees");
		this.blobs = new BlobTable(connection);
		this.changesets = new SqliteChangesetTable(connection, references);
		this.runs = new SqliteRunTable(connection, references);
		this.events = new SqliteEventTable(connection, references);
		this.facts = new SqliteFactTable(connection, references);
		this.#connection = connection;
	}

	atomically<Value>(body: () => Value): Value {
		return this.#connection.atomically(body);
	}

	collectGarbage(options: { readonly dryRun: boolean; readonly graceMs?: number }): GarbageReport {
		return collectGarbage(this.#connection, { graceMs: garbageGraceMs, ...options });
	}

	[Symbol.dispose](): void {
		this.#connection[Symbol.dispose]();
	}
}
