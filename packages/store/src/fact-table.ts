import type { BlobId, ChangesetId } from "@retake/base";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import type { ReferenceTable } from "./reference-table.ts";
import type { FactKind, FactTable } from "./store.ts";

/**
 * Keeps facts. Their form belongs to whoever writes them; so that what they refer to is never collected, every run of
 * 64 hexadecimal digits in a value counts as a reference. A chance hit keeps a blob too long, which harms nobody.
 */
export class SqliteFactTable implements FactTable {
	readonly #connection: Connection;
	readonly #references: ReferenceTable;
	readonly #get: Database.Statement<[string, string], { readonly value: Buffer }>;
	readonly #set: Database.Statement;
	readonly #delete: Database.Statement;
	readonly #list: Database.Statement<[string], { readonly key: string; readonly value: Buffer }>;

	constructor(connection: Connection, references: ReferenceTable) {
		const { database } = connection;
		this.#connection = connection;
		this.#references = references;
		this.#get = database.prepare("SELECT value FROM fact WHERE kind = ? AND key = ?");
		this.#set = database.prepare(
			"INSERT INTO fact VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
		);
		this.#delete = database.prepare("DELETE FROM fact WHERE kind = ? AND key = ?");
		this.#list = database.prepare("SELECT key, value FROM fact WHERE kind = ? ORDER BY key");
	}

	get(table: FactKind, key: string): Uint8Array | null {
		return this.#connection.guard(() => this.#get.get(table, key))?.value ?? null;
	}

	set(table: FactKind, key: string, value: Uint8Array): void {
		this.#connection.atomically(() => {
			this.#references.drop("fact", `${table}/${key}`);
			this.#set.run(table, key, value);
			const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
			for (const [id] of text.matchAll(/[0-9a-f]{64}/g)) {
				this.#references.add("fact", `${table}/${key}`, { kind: "blob", id: id as BlobId });
				this.#references.add("fact", `${table}/${key}`, { kind: "changeset", id: id as ChangesetId });
			}
		});
	}

	delete(table: FactKind, key: string): void {
		this.#connection.atomically(() => {
			this.#references.drop("fact", `${table}/${key}`);
			this.#delete.run(table, key);
		});
	}

	list(table: FactKind): Iterable<{ readonly key: string; readonly value: Uint8Array }> {
		return this.#connection.guard(() => this.#list.all(table));
	}
}
