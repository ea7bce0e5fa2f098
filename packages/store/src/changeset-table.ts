import { type ChangesetId, RetakeError, sha256 } from "@retake/base";
import { type Changeset, decodeChangeset, encodeChangeset } from "@retake/changeset";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { toColumn } from "./hash-column.ts";
import type { ReferenceTable } from "./reference-table.ts";
import { storeDamaged } from "./sqlite-failure.ts";
import type { ChangesetTable } from "./store.ts";

/** Keeps changesets, and notes the contents that each refers to. */
export class SqliteChangesetTable implements ChangesetTable {
	readonly #connection: Connection;
	readonly #references: ReferenceTable;
	readonly #insert: Database.Statement;
	readonly #touch: Database.Statement;
	readonly #find: Database.Statement<[Buffer]>;
	readonly #read: Database.Statement<[Buffer], { readonly bytes: Buffer }>;

	constructor(connection: Connection, references: ReferenceTable) {
		const { database } = connection;
		this.#connection = connection;
		this.#references = references;
		this.#insert = database.prepare("INSERT OR IGNORE INTO changeset VALUES (?, ?, ?)");
		this.#touch = database.prepare("UPDATE changeset SET written_at = max(written_at, ?) WHERE hash = ?");
		this.#find = database.prepare("SELECT 1 FROM changeset WHERE hash = ?");
		this.#read = database.prepare("SELECT bytes FROM changeset WHERE hash = ?");
	}

	write(changeset: Changeset): ChangesetId {
		const bytes = encodeChangeset(changeset);
		const id = sha256(bytes) as ChangesetId;
		this.#connection.atomically(() => {
			const now = this.#connection.clock.now();
			if (this.#insert.run(toColumn(id), bytes, now).changes === 0) {
				this.#touch.run(now, toColumn(id));
				return;
			}
			for (const change of changeset.changes) {
				for (const node of [change.was, change.now]) {
					if (node?.kind === "file") this.#references.add("changeset", id, { kind: "blob", id: node.content });
				}
			}
		});
		return id;
	}

	has(id: ChangesetId): boolean {
		return this.#connection.guard(() => this.#find.get(toColumn(id)) !== undefined);
	}

	read(id: ChangesetId): Changeset {
		const row = this.#connection.guard(() => this.#read.get(toColumn(id)));
		if (row === undefined) {
			throw new RetakeError("BLOB_NOT_FOUND", `the store holds no changeset ${id}`, { data: { id } });
		}
		if (sha256(row.bytes) !== id) {
			throw storeDamaged(this.#connection.directory, `changeset ${id} has other bytes than its name`);
		}
		return decodeChangeset(row.bytes);
	}
}
