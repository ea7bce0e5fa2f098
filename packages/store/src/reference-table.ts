import type { BlobId, ChangesetId } from "@retake/base";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { fromColumn, toColumn } from "./hash-column.ts";
import { referencePageRows } from "./store-limits.ts";

/** Something that a record needs and that must not be collected while the record stands. */
export type Reference =
	| { readonly kind: "blob"; readonly id: BlobId }
	| { readonly kind: "changeset"; readonly id: ChangesetId };

interface ReferenceRow {
	readonly kind: Reference["kind"];
	readonly target: Buffer;
}

/** Keeps who refers to what, written together with the record that refers. `collectGarbage` reads nothing else. */
export class ReferenceTable {
	readonly #connection: Connection;
	readonly #add: Database.Statement;
	readonly #drop: Database.Statement;
	readonly #page: Database.Statement<[string, string, string, Buffer, number], ReferenceRow>;

	constructor(connection: Connection) {
		const { database } = connection;
		this.#connection = connection;
		this.#add = database.prepare("INSERT OR IGNORE INTO reference VALUES (?, ?, ?, ?)");
		this.#drop = database.prepare("DELETE FROM reference WHERE source_kind = ? AND source = ?");
		this.#page = database.prepare(`
			SELECT target_kind AS kind, target FROM reference
			WHERE source_kind = ? AND source = ? AND (target_kind, target) > (?, ?)
			ORDER BY target_kind, target LIMIT ?`);
	}

	add(sourceKind: "run" | "changeset" | "fact", source: string, target: Reference): void {
		this.#add.run(sourceKind, source, target.kind, toColumn(target.id));
	}

	/** Yields what a record refers to, page by page: it may be as much as the record has events. */
	*list(sourceKind: "run" | "changeset" | "fact", source: string): Iterable<Reference> {
		let kind = "";
		let target: Buffer = Buffer.of(0);
		for (;;) {
			const rows = this.#connection.guard(() => this.#page.all(sourceKind, source, kind, target, referencePageRows));
			for (const row of rows) {
				yield { kind: row.kind, id: fromColumn(row.target) } as Reference;
				({ kind, target } = row);
			}
			if (rows.length < referencePageRows) return;
		}
	}

	drop(sourceKind: "run" | "changeset" | "fact", source: string): void {
		this.#drop.run(sourceKind, source);
	}
}
