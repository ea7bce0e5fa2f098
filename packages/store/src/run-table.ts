import { type ChainHash, type ChangesetId, isRunId, RetakeError, type RunId } from "@retake/base";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { fromColumn, toColumn } from "./hash-column.ts";
import type { Reference, ReferenceTable } from "./reference-table.ts";
import type { RunEnd, RunKind, RunRecord, RunState } from "./run-record.ts";
import type { RunTable } from "./store.ts";

interface RunRow {
	readonly run_id: string;
	readonly parent_run_id: string | null;
	readonly kind: RunKind;
	readonly title: string;
	readonly started_at: number;
	readonly ended_at: number | null;
	readonly state: RunState;
	readonly failed: 0 | 1 | null;
	readonly verdict: string | null;
	readonly changeset: Buffer | null;
	readonly root_hash: Buffer | null;
	readonly header: Buffer;
}

const newestFirst = "ORDER BY started_at DESC, id DESC";

/**
 * Keeps runs. Beginning, ending and deciding one survive a power cut when it returns; a candidate's beginning and end do when its
 * evaluation has ended, which takes to the disk all that was written before.
 */
export class SqliteRunTable implements RunTable {
	readonly #connection: Connection;
	readonly #references: ReferenceTable;
	readonly #begin: Database.Statement;
	readonly #end: Database.Statement;
	readonly #decide: Database.Statement;
	readonly #evaluating: Database.Statement<[string | null], { readonly open: 1 }>;
	readonly #remove: Database.Statement;
	readonly #get: Database.Statement<[string], RunRow>;
	readonly #list: Database.Statement<[number], RunRow>;
	readonly #listChildren: Database.Statement<[string | null, number], RunRow>;
	readonly #withPrefix: Database.Statement<[string, string], RunRow>;
	readonly #lastFailed: Database.Statement<[], RunRow>;

	constructor(connection: Connection, references: ReferenceTable) {
		const { database } = connection;
		this.#connection = connection;
		this.#references = references;
		this.#begin = database.prepare(`
			INSERT INTO run (run_id, parent_run_id, kind, title, started_at, state, header) VALUES (?, ?, ?, ?, ?, 'open', ?)`);
		this.#end = database.prepare(`
			UPDATE run SET ended_at = ?, state = ?, failed = ?, verdict = ?, changeset = ?, root_hash = ?
			WHERE run_id = ? AND state = 'open'`);
		this.#decide = database.prepare("UPDATE run SET state = ? WHERE run_id = ? AND state = 'kept'");
		this.#evaluating = database.prepare(
			"SELECT 1 AS open FROM run WHERE run_id = ? AND kind = 'evaluation' AND state = 'open'",
		);
		this.#remove = database.prepare("DELETE FROM run WHERE run_id = ?");
		this.#get = database.prepare("SELECT * FROM run WHERE run_id = ?");
		this.#list = database.prepare(`SELECT * FROM run ${newestFirst} LIMIT ?`);
		this.#listChildren = database.prepare(`SELECT * FROM run WHERE parent_run_id IS ? ${newestFirst} LIMIT ?`);
		// '{' is the first character after every one that an id can hold.
		this.#withPrefix = database.prepare(
			`SELECT * FROM run WHERE run_id >= ? AND run_id < ? || '{' ${newestFirst} LIMIT 20`,
		);
		this.#lastFailed = database.prepare(`SELECT * FROM run WHERE failed = 1 ${newestFirst} LIMIT 1`);
	}

	begin(
		run: Pick<RunRecord, "runId" | "parentRunId" | "kind" | "title" | "startedAt" | "header">,
		references: readonly Reference[] = [],
	): void {
		this.#write(run.parentRunId, () => {
			this.#begin.run(run.runId, run.parentRunId, run.kind, run.title, run.startedAt, run.header);
			for (const reference of references) this.#references.add("run", run.runId, reference);
		});
	}

	end(runId: RunId, end: RunEnd): void {
		const { endedAt, state, failed, verdict, changesetId, rootHash } = end;
		this.#write(this.get(runId).parentRunId, () => {
			const { changes } = this.#end.run(
				endedAt,
				state,
				failed ? 1 : 0,
				verdict,
				toColumn(changesetId),
				toColumn(rootHash),
				runId,
			);
			if (changes === 0) throw wrongState(this.get(runId), "ended", "open");
			this.#references.add("run", runId, { kind: "changeset", id: changesetId });
		});
	}

	decide(runId: RunId, state: "committed" | "rolled-back"): void {
		this.#connection.durably(() => {
			if (this.#decide.run(state, runId).changes === 0) throw wrongState(this.get(runId), state, "kept");
		});
	}

	get(runId: RunId): RunRecord {
		const row = this.#connection.guard(() => this.#get.get(runId));
		if (row === undefined) throw runNotFound(runId);
		return toRecord(row);
	}

	list(filter: { readonly parentRunId?: RunId | null; readonly limit?: number } = {}): readonly RunRecord[] {
		const { parentRunId, limit = -1 } = filter;
		const rows = this.#connection.guard(() =>
			parentRunId === undefined ? this.#list.all(limit) : this.#listChildren.all(parentRunId, limit),
		);
		return rows.map(toRecord);
	}

	resolve(name: string): RunRecord {
		if (name === "@last") return this.#only(this.list({ limit: 1 }), name);
		if (name === "@last-failed") {
			return this.#only(this.#connection.guard(() => this.#lastFailed.all()).map(toRecord), name);
		}
		if (isRunId(name)) return this.get(name);
		if (!/^[0-9a-z]+$/.test(name)) throw runNotFound(name);
		return this.#only(this.#connection.guard(() => this.#withPrefix.all(name, name)).map(toRecord), name);
	}

	remove(runId: RunId): void {
		this.#connection.atomically(() => {
			if (this.#remove.run(runId).changes === 0) throw runNotFound(runId);
			this.#references.drop("run", runId);
		});
	}

	references(runId: RunId): Iterable<Reference> {
		return this.#references.list("run", runId);
	}

	/** Writes durably, unless an evaluation that is under way will. */
	#write(parentRunId: RunId | null, body: () => void): void {
		const isEvaluated = this.#connection.guard(() => this.#evaluating.get(parentRunId)) !== undefined;
		if (isEvaluated) this.#connection.atomically(body);
		else this.#connection.durably(body);
	}

	#only(runs: readonly RunRecord[], name: string): RunRecord {
		const [run, ...others] = runs;
		if (run === undefined) throw runNotFound(name);
		if (others.length === 0) return run;
		throw new RetakeError("RUN_AMBIGUOUS", `more than one run begins with ${name}`, {
			data: { candidates: runs.map(({ runId, title }) => ({ runId, title })) },
			remedy: `give more characters: ${runs.map(({ runId }) => runId).join(", ")}`,
		});
	}
}

/** Makes the error for a name that no run has. */
export function runNotFound(name: string): RetakeError {
	return new RetakeError("RUN_NOT_FOUND", `no run is named ${JSON.stringify(name)}`, {
		data: { name },
		remedy: "`retake runs` lists the runs",
	});
}

function wrongState(run: RunRecord, wanted: string, needed: RunState): RetakeError {
	return new RetakeError("RUN_STATE", `run ${run.runId} is ${run.state}; only one that is ${needed} can be ${wanted}`, {
		data: { runId: run.runId, state: run.state, needed },
	});
}

function toRecord(row: RunRow): RunRecord {
	return {
		runId: row.run_id as RunId,
		parentRunId: row.parent_run_id as RunId | null,
		kind: row.kind,
		title: row.title,
		startedAt: row.started_at,
		endedAt: row.ended_at,
		state: row.state,
		failed: row.failed === null ? null : row.failed === 1,
		verdict: row.verdict,
		changesetId: row.changeset === null ? null : fromColumn<ChangesetId>(row.changeset),
		rootHash: row.root_hash === null ? null : fromColumn<ChainHash>(row.root_hash),
		header: row.header,
	};
}
