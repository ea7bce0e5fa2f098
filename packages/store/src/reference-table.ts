import type { BlobId, ChangesetId } from "@retake/base";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { fromColumn, toColumn } from "./hash-column.ts";

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
	readonly #add: Database.Statement;
	readonly #drop: Database.Statement;
	readonly #list: Database.Statement<[string, string], ReferenceRow>;

	constructor({ database }: Connection) {
		this.#add = database.prepare("INSERT OR IGNORE INTO reference VALUES (?, ?, ?, ?)");
		this.#drop = database.prepare("DELETE FROM reference WHERE source_kind = ? AND source = ?");
		this.#list = database.prepare(
			"SELECT target_kind AS kind, target FROM reference WHERE source_kind = ? AND source = ? ORDER BY target_kind, target",
		);
	}

	add(sourceKind: "run" | "changeset" | "fact", source: string, target: Reference): void {
		this.#add.run(sourceKind, source, target.kind, toColumn(target.id));
	}

	list(sourceKind: "run" | "changeset" | "fact", source: string): readonly Reference[] {
		return this.#list
			.all(sourceKind, source)
			.map(({ kind, target }) => ({ kind, id: fromColumn(target) }) as Reference);
	}

	drop(sourceKind: "run" | "changeset" | "fact", source: string): void {
		this.#drop.run(sourceKind, source);
	}
}
