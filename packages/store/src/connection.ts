import { type Clock, RetakeError } from "@retake/base";
import Database from "better-sqlite3";
import { translateFailures } from "./sqlite-failure.ts";
import { busyPauseMs, busyTimeoutMs } from "./store-limits.ts";

/**
 * One connection and its transactions. Writes are durable against a crash of the process (`synchronous` NORMAL in WAL);
 * `durably` makes what it wrote durable against a power cut too, when the outermost transaction has ended.
 */
export class Connection implements Disposable {
	readonly directory: string;
	readonly database: Database.Database;
	readonly clock: Clock;
	readonly #transaction: Database.Transaction<(body: () => unknown) => unknown>;
	readonly #flush: Database.Statement | null;
	readonly #never = new Int32Array(new SharedArrayBuffer(4));
	#flushAsked = false;

	constructor(directory: string, database: Database.Database, clock: Clock) {
		this.directory = directory;
		this.database = database;
		this.clock = clock;
		database.pragma("busy_timeout = 0");
		this.#transaction = database.transaction(runSynchronously);
		this.#flush = database.readonly ? null : database.prepare("UPDATE flush SET count = count + 1 WHERE id = 0");
	}

	/** Runs `body`, which writes by one statement at most, when no other process writes; failures of SQLite's come out as `RetakeError`. */
	guard<Value>(body: () => Value): Value {
		return translateFailures(this.directory, () => this.#whenFree(body));
	}

	/**
	 * SQLite's own waiting sleeps ever longer, up to 100 ms, while writes take less than one: with many writers the unlucky ones starve. In a line,
	 * where only the first of those who wait tries, 16 writers on two processors made half as many calls again, but p99 was twice as long: what is
	 * short there is processors, and whoever sleeps leaves them to others. Nothing has happened
	 * where a statement, or the beginning of a transaction, is answered by `SQLITE_BUSY`.
	 */
	#whenFree<Value>(body: () => Value): Value {
		let until: bigint | null = null;
		for (;;) {
			try {
				return body();
			} catch (error) {
				const isBusy = error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
				if (!isBusy || this.database.inTransaction) throw error;
				// Read only here: a store is written to far more often than it is busy.
				const now = this.clock.monotonic();
				until ??= now + BigInt(busyTimeoutMs) * 1_000_000n;
				if (now > until) throw error;
				Atomics.wait(this.#never, 0, 0, busyPauseMs);
			}
		}
	}

	/** Runs `body` in a transaction, or in a savepoint where one is open: all of it is kept, or, where it throws, nothing. */
	atomically<Value>(body: () => Value): Value {
		const outermost = !this.database.inTransaction;
		const flushWasAsked = this.#flushAsked;
		let value: Value;
		try {
			value = this.guard(() => this.#transaction.immediate(body)) as Value;
		} catch (error) {
			this.#flushAsked = flushWasAsked;
			throw error;
		}
		if (outermost && this.#flushAsked) this.#makeDurable();
		return value;
	}

	/** Runs `body` as `atomically` does, and asks that its outcome survive a power cut. */
	durably<Value>(body: () => Value): Value {
		return this.atomically(() => {
			this.#flushAsked = true;
			return body();
		});
	}

	/** `synchronous` cannot change inside a transaction: a small one after it, under FULL, takes the earlier ones to the disk. */
	#makeDurable(): void {
		this.#flushAsked = false;
		this.guard(() => {
			this.database.exec("PRAGMA synchronous = FULL");
			try {
				this.#flush?.run();
			} finally {
				this.database.exec("PRAGMA synchronous = NORMAL");
			}
		});
	}

	[Symbol.dispose](): void {
		this.database.close();
	}
}

function runSynchronously(body: () => unknown): unknown {
	const value = body();
	if (!(value instanceof Promise)) return value;
	throw new RetakeError("USAGE", "`atomically` takes a function that returns a value, not a promise", {
		sort: "misuse",
		remedy: "await first, then call `atomically` with what was awaited",
	});
}
