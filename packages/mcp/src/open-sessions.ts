import { RetakeError } from "@retake/base";
import type { BackgroundProcess, Runtime, Session, SessionSavepoint } from "@retake/runtime";

/** How many sessions of one server may be open at once, forks included. */
export const openSessionsMax = 32;

/** A session that a client has begun, and its savepoints and processes by number. */
export interface OpenSession {
	readonly session: Session;
	readonly savepoints: Map<number, SessionSavepoint>;
	/** Those that were not stopped. */
	readonly processes: Map<number, BackgroundProcess>;
	/** When it was last used, milliseconds of the runtime's monotonic clock. */
	usedAt: number;
	/** Requests that work on it now. */
	busy: number;
}

/**
 * The sessions of one server, by the id of their run. The current protocol has no connection that could own them: a
 * client names its session in each request, and what it leaves behind is rolled back when idle for too long or at disposal.
 */
export class OpenSessions implements AsyncDisposable {
	readonly #runtime: Runtime;
	readonly #idleMs: number;
	readonly #open = new Map<string, OpenSession>();
	readonly #sweep: NodeJS.Timeout;

	/** `idleMs`: how long a session may lie unused before it is rolled back. */
	constructor(runtime: Runtime, idleMs: number) {
		this.#runtime = runtime;
		this.#idleMs = idleMs;
		this.#sweep = setInterval(() => void this.#rollBackIdle(), Math.min(idleMs, 30_000));
		this.#sweep.unref();
	}

	/** Opens a session through `open` and keeps it. Throws `LIMIT_EXCEEDED` above `openSessionsMax`. */
	async add(open: () => Promise<Session>): Promise<Session> {
		if (this.#open.size >= openSessionsMax) {
			throw new RetakeError("LIMIT_EXCEEDED", `${openSessionsMax} sessions are open already`, {
				data: { limit: "openSessionsMax", maximum: openSessionsMax },
				remedy: "commit or roll back one of them first",
			});
		}
		const session = await open();
		const fresh = { session, savepoints: new Map(), processes: new Map(), usedAt: this.#now(), busy: 0 };
		this.#open.set(session.runId, fresh);
		return session;
	}

	/** Tells whether a session is open here. */
	has(id: string): boolean {
		return this.#open.has(id);
	}

	/** Works on an open session; meanwhile it is not idle. Throws `SESSION_CLOSED`. */
	async use<Value>(id: string, work: (open: OpenSession) => Promise<Value>): Promise<Value> {
		const open = this.#open.get(id);
		if (open === undefined) throw notOpen(id);
		open.busy++;
		try {
			return await work(open);
		} finally {
			open.busy--;
			open.usedAt = this.#now();
		}
	}

	/** Throws `USAGE` where a process of the session was not stopped: what it wrote would be lost, and the session is open still. */
	requireStopped(id: string): void {
		const processes = [...(this.#open.get(id)?.processes.keys() ?? [])];
		if (processes.length === 0) return;
		throw new RetakeError("USAGE", `the session has processes that were not stopped: ${processes.join(", ")}`, {
			sort: "misuse",
			data: { processes },
			remedy: "stop them first, with discard for what is not to be kept",
		});
	}

	/** Ends a session by `decide`, which commits it or rolls it back; afterwards its id names it no longer. */
	end<Value>(id: string, decide: (session: Session) => Promise<Value>): Promise<Value> {
		return this.use(id, async ({ session }) => {
			this.#open.delete(id);
			return decide(session);
		});
	}

	/** Rolls back whatever is still open. */
	async [Symbol.asyncDispose](): Promise<void> {
		clearInterval(this.#sweep);
		const left = [...this.#open.values()];
		this.#open.clear();
		const ended = await Promise.allSettled(left.map(({ session }) => session[Symbol.asyncDispose]()));
		const failures = ended.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
		if (failures.length > 0) throw new AggregateError(failures, "not every session could be rolled back");
	}

	async #rollBackIdle(): Promise<void> {
		for (const [id, { session, busy, usedAt }] of this.#open) {
			if (busy > 0 || this.#now() - usedAt < this.#idleMs) continue;
			this.#open.delete(id);
			await session.rollback({ verdict: "left idle", failed: true });
		}
	}

	#now(): number {
		return Number(this.#runtime.ports.clock.monotonic() / 1_000_000n);
	}
}

function notOpen(id: string): RetakeError {
	return new RetakeError("SESSION_CLOSED", `no session ${id} is open in this server`, {
		data: { session: id },
		sort: "misuse",
		remedy: "begin one; a session ends when it is committed, rolled back or left idle",
	});
}
