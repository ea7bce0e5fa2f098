import { type ChainHash, RetakeError, type RunId } from "@retake/base";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { toColumn } from "./hash-column.ts";
import type { Reference, ReferenceTable } from "./reference-table.ts";
import type { EventRecord } from "./run-record.ts";
import { runNotFound } from "./run-table.ts";
import type { Durability, EventTable } from "./store.ts";
import { eventPageRows } from "./store-limits.ts";

interface EventRow {
	readonly sequence: number;
	readonly bytes: Buffer;
	readonly chain: ChainHash;
}

/** Keeps the logs of runs. One statement checks that the run is open and that no event is missing, and appends. */
export class SqliteEventTable implements EventTable {
	readonly #connection: Connection;
	readonly #references: ReferenceTable;
	readonly #append: Database.Statement;
	readonly #page: Database.Statement<[number, string, number], EventRow>;
	readonly #known: Database.Statement<[string]>;
	readonly #state: Database.Statement<[string], { readonly state: string; readonly count: number }>;

	constructor(connection: Connection, references: ReferenceTable) {
		const { database } = connection;
		this.#connection = connection;
		this.#references = references;
		this.#append = database.prepare(`
			INSERT INTO event (id, bytes, chain)
			SELECT (run.id << 32) + ?, ?, ? FROM run WHERE run_id = ? AND state = 'open' AND ? = (
				SELECT coalesce(max(event.id) + 1 - (run.id << 32), 0) FROM event
				WHERE event.id >= run.id << 32 AND event.id < (run.id + 1) << 32
			)`);
		this.#page = database.prepare(`
			SELECT sequence, bytes, lower(hex(chain)) AS chain FROM run
			JOIN event ON event.id >= (run.id << 32) + ? AND event.id < (run.id + 1) << 32
			WHERE run_id = ? ORDER BY event.id LIMIT ?`);
		this.#known = database.prepare("SELECT 1 FROM run WHERE run_id = ?");
		this.#state = database.prepare(`
			SELECT state, (
				SELECT count(*) FROM event WHERE event.id >= run.id << 32 AND event.id < (run.id + 1) << 32
			) AS count FROM run WHERE run_id = ?`);
	}

	append(
		runId: RunId,
		events: readonly EventRecord[],
		references: readonly Reference[] = [],
		durability: Durability = "process",
	): void {
		const [first] = events;
		if (first !== undefined && events.length === 1 && references.length === 0 && durability === "process") {
			this.#connection.guard(() => this.#appendOne(runId, first));
			return;
		}
		const write = () => {
			for (const event of events) this.#appendOne(runId, event);
			for (const reference of references) this.#references.add("run", runId, reference);
		};
		if (durability === "power") this.#connection.durably(write);
		else this.#connection.atomically(write);
	}

	*read(runId: RunId, from = 0): Iterable<EventRecord> {
		// Without counting: whoever reads a log page by page comes here for each.
		if (this.#connection.guard(() => this.#known.get(runId)) === undefined) throw runNotFound(runId);
		for (let next = from; ; ) {
			const rows = this.#connection.guard(() => this.#page.all(next, runId, eventPageRows));
			for (const row of rows) {
				yield row;
				next = row.sequence + 1;
			}
			if (rows.length < eventPageRows) return;
		}
	}

	count(runId: RunId): number {
		return this.#stateOf(runId).count;
	}

	#appendOne(runId: RunId, event: EventRecord): void {
		const { sequence, bytes, chain } = event;
		const { changes } = this.#append.run(sequence, bytes, toColumn(chain), runId, sequence);
		if (changes === 0) throw this.#refusal(runId, event);
	}

	#refusal(runId: RunId, event: EventRecord): RetakeError {
		const { state, count } = this.#stateOf(runId);
		if (state !== "open") {
			return new RetakeError("RUN_STATE", `run ${runId} has ended: nothing can be added to its log`, {
				data: { state },
			});
		}
		return new RetakeError("RUN_STATE", `event ${event.sequence} does not follow the ${count} events of run ${runId}`, {
			data: { expected: count, sequence: event.sequence },
			remedy: "another process records the same run: a run has one recorder",
		});
	}

	#stateOf(runId: RunId): { readonly state: string; readonly count: number } {
		const row = this.#connection.guard(() => this.#state.get(runId));
		if (row === undefined) throw runNotFound(runId);
		return row;
	}
}
