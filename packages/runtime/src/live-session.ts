import { type ChangesetId, RetakeError, type RunId, type SandboxLimits } from "@retake/base";
import { type CanonicalValue, type Changeset, hashCanonical } from "@retake/changeset";
import type { CallRequest, Delivered, Executed, Recording, TapeReadings, ToolSignature } from "@retake/recorder";
import type { Store } from "@retake/store";
import type { Savepoint, Transaction } from "@retake/txfs";
import { CallExecutor } from "./call-executor.ts";
import { CallQueue } from "./call-queue.ts";
import type { BackgroundProcess } from "./processes/background-process.ts";
import { checkProcessInput, type ProcessInput, processSignature } from "./processes/process-tools.ts";
import { RunningProcess } from "./processes/running-process.ts";
import { SessionProcesses } from "./processes/session-processes.ts";
import { StartedProcess } from "./processes/started-process.ts";
import type { CommitReport, CommitTarget, Session } from "./runtime.ts";
import type {
	CallOptions,
	ChunkSink,
	ChunkWriter,
	EndedRun,
	PerformOptions,
	RunVerdict,
	SessionSavepoint,
	StartOptions,
} from "./session.ts";
import type { SharedSandbox } from "./shared-sandbox.ts";
import { runAttributes, writeChange } from "./stored-attributes.ts";
import { TapedSession } from "./taped-session.ts";
import { checkInput } from "./tools/check-input.ts";
import type { ToolInput, ToolName, ToolOutput } from "./tools/standard-tools.ts";
import { readBytes } from "./tools/text-content.ts";
import { toolSignatures } from "./tools/tool-signatures.ts";

/** What the call that lays a changeset over the tree is called on record. */
export const layOverName = "lay_over";

/** The recorder's view of the call that lays a changeset over the tree. */
export const layOverSignature: ToolSignature = {
	kind: "tool",
	name: layOverName,
	schemaHash: hashCanonical("changeset id"),
};

/** Returns the recorder's view of work of the agent's own; most has no schema. */
export function workSignature(name: string, schemaHash = hashCanonical(null)): ToolSignature {
	return { kind: "tool", name, schemaHash };
}

/** What a live session is made of. */
export interface LiveSessionParts {
	readonly store: Store;
	readonly limits: SandboxLimits;
	readonly transaction: Transaction;
	readonly sandbox: SharedSandbox;
	readonly recording: Recording;
	/** Brings the transaction to where the calls that were served have left it. */
	readonly catchUp?: () => Promise<void>;
	/** Opens the child session of a fork on a transaction of its own. */
	readonly fork: (transaction: Transaction, sandbox: SharedSandbox) => Promise<Session>;
	/** Commits the run after it has ended. */
	readonly commit: (runId: RunId, to: CommitTarget) => Promise<CommitReport>;
	/** Called once, when the session has ended and its resources are gone. */
	readonly onEnd: () => Promise<void>;
}

/** A session that executes and records. */
export class LiveSession extends TapedSession implements Session {
	readonly runId: RunId;
	protected readonly values: TapeReadings;
	readonly #parts: LiveSessionParts;
	readonly #executor: CallExecutor;
	/** Steps that a fork begins with: they belong to the session that it was forked from. */
	readonly #depthAtStart: number;
	readonly #queue = new CallQueue();
	readonly #processes: SessionProcesses;
	#processCount = 0;
	/** Calls that use the tree, from their issue on: they come to the queue when that is safe. */
	readonly #underWay = new Set<Promise<unknown>>();
	readonly #savepoints = new WeakMap<SessionSavepoint, Savepoint>();
	#state: "open" | "ending" | "ended" = "open";

	constructor(parts: LiveSessionParts) {
		super();
		this.#parts = parts;
		this.#processes = new SessionProcesses(parts.sandbox);
		this.#executor = new CallExecutor({ ...parts, network: () => this.#processes.network });
		this.#depthAtStart = parts.transaction.savepoint().depth;
		this.runId = parts.recording.runId;
		this.values = parts.recording.values;
	}

	async call<Name extends ToolName>(
		name: Name,
		input: ToolInput<Name>,
		options: CallOptions = {},
	): Promise<ToolOutput<Name>> {
		this.#requireOpen();
		const checked = checkInput(name, input) as CanonicalValue;
		const delivered = await this.#track({
			tool: toolSignatures[name],
			input: checked,
			execute: ({ signal, chunk }) => {
				// A command is not held back: what it may write is bounded by `outputBytes`.
				const sink =
					options.onChunk === undefined ? undefined : (...part: Parameters<ChunkSink>) => void chunk(...part);
				return this.#execute(() => this.#executor.tool(name, checked, signal, sink));
			},
			...options,
		});
		options.onTimed?.(delivered.durationMs);
		return delivered.value as ToolOutput<Name>;
	}

	async layOver(changesetId: ChangesetId, of?: RunId): Promise<void> {
		this.#requireOpen();
		await this.#track({
			tool: layOverSignature,
			input: { changesetId },
			execute: () =>
				this.#execute(() =>
					this.#executor.layOver(changesetId, of === undefined ? undefined : runAttributes(this.#parts.store, of)),
				),
		});
	}

	async perform<Value extends CanonicalValue>(
		name: string,
		input: CanonicalValue,
		work: (signal: AbortSignal, chunk: ChunkWriter) => Promise<Value>,
		{ schemaHash, ...options }: PerformOptions = {},
	): Promise<Value> {
		this.#requireOpen();
		const delivered = await this.#parts.recording.call({
			tool: workSignature(name, schemaHash),
			input,
			execute: async ({ signal, chunk }) => ({ value: await work(signal, chunk), changesetId: null }),
			...options,
		});
		options.onTimed?.(delivered.durationMs);
		return delivered.value as Value;
	}

	async start(input: ProcessInput<"start">, options: StartOptions = {}): Promise<BackgroundProcess> {
		this.#requireOpen();
		const { store, limits, transaction, sandbox, recording } = this.#parts;
		const checked = checkProcessInput("start", input);
		const id = ++this.#processCount;
		const forked = Promise.withResolvers<void>();
		const running = new RunningProcess({
			store,
			limits,
			sandbox,
			fork: async () => {
				const view = await this.#queue.run(async () => {
					await this.#parts.catchUp?.();
					return transaction.fork();
				});
				forked.resolve();
				return view;
			},
			loopback: () => this.#processes.loopback(),
		});
		const process = new StartedProcess({
			id,
			input: checked,
			options,
			call: (request) => {
				this.#requireOpen();
				// A process runs beside the session's calls; only its end is a step of theirs.
				return request.tool.name === processSignature("stop").name ? this.#track(request) : recording.call(request);
			},
			work: {
				start: (given, context) => {
					this.#processes.add(id, running);
					return running.run(given, context);
				},
				write: ({ content, encoding, end }) => running.write(readBytes(content, encoding), end),
				resize: (size) => running.resize(size),
				stop: (given, signal) =>
					this.#execute(async () => {
						const stopped = await running.stop(transaction, given, signal);
						await this.#processes.remove(id);
						return stopped;
					}),
			},
		});
		// Whatever is asked of the session next finds it forked, or failed.
		await Promise.race([forked.promise, process.ended.catch(() => undefined)]);
		return process;
	}

	parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]> {
		this.#requireOpen();
		return this.#parts.recording.parallel(branches);
	}

	scope<Value>(name: string, body: () => Promise<Value>): Promise<Value> {
		this.#requireOpen();
		return this.#parts.recording.scope(name, body);
	}

	savepoint(): SessionSavepoint {
		this.#requireOpen();
		this.#requireIdle("take a savepoint");
		const inner = this.#parts.transaction.savepoint();
		const savepoint: SessionSavepoint = { kind: "session-savepoint", depth: inner.depth - this.#depthAtStart };
		this.#savepoints.set(savepoint, inner);
		this.#parts.recording.marker("savepoint", { depth: savepoint.depth });
		return savepoint;
	}

	rollbackTo(savepoint: SessionSavepoint): void {
		this.#requireOpen();
		this.#requireIdle("roll back");
		this.#parts.transaction.rollbackTo(this.#inner(savepoint));
		this.#parts.recording.marker("rollback-to", { depth: savepoint.depth });
	}

	async fork(savepoint?: SessionSavepoint): Promise<Session> {
		this.#requireOpen();
		this.#requireIdle("fork");
		const { transaction, sandbox, fork } = this.#parts;
		const inner = savepoint === undefined ? undefined : this.#inner(savepoint);
		return fork(transaction.fork(inner), sandbox.share());
	}

	changes(): Changeset {
		this.#requireOpen();
		return this.#parts.transaction.changes();
	}

	keep(verdict: RunVerdict): Promise<EndedRun> {
		return this.#end("kept", verdict, async (ended) => ended);
	}

	commit(to: CommitTarget, verdict: RunVerdict = { verdict: "done", failed: false }): Promise<CommitReport> {
		return this.#end("kept", verdict, () => this.#parts.commit(this.runId, to));
	}

	rollback(verdict: RunVerdict = { verdict: "rolled back", failed: false }): Promise<EndedRun> {
		return this.#end("rolled-back", verdict, async (ended) => ended);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#state === "open") await this.rollback({ verdict: "abandoned", failed: true });
	}

	/** Makes a call, and counts it as under way until it has ended. */
	async #track(request: CallRequest): Promise<Delivered> {
		const ended = this.#parts.recording.call(request);
		this.#underWay.add(ended);
		try {
			return await ended;
		} finally {
			this.#underWay.delete(ended);
		}
	}

	#execute(work: () => Promise<Executed>): Promise<Executed> {
		return this.#queue.run(async () => {
			await this.#parts.catchUp?.();
			return work();
		});
	}

	async #end<Value>(
		state: "kept" | "rolled-back",
		verdict: RunVerdict,
		afterwards: (ended: EndedRun) => Promise<Value>,
	): Promise<Value> {
		this.#requireOpen();
		if (state === "kept") this.#processes.requireStopped();
		this.#state = "ending";
		const { transaction, store, recording, sandbox, onEnd } = this.#parts;
		try {
			while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
			await this.#queue.idle();
			await this.#processes.end();
			const changes = transaction.changes();
			const change = writeChange(store, { changeset: changes, attributes: transaction.attributes() });
			const { changesetId } = change;
			const rootHash = await recording.finish({ ...change, state, ...verdict });
			return await afterwards({ runId: this.runId, rootHash, changesetId, changes });
		} finally {
			this.#state = "ended";
			await this.#processes.end();
			await transaction[Symbol.asyncDispose]();
			await sandbox.release();
			await onEnd();
		}
	}

	#inner(savepoint: SessionSavepoint): Savepoint {
		const inner = this.#savepoints.get(savepoint);
		if (inner !== undefined) return inner;
		throw new RetakeError("USAGE", "the savepoint belongs to another session", { sort: "misuse" });
	}

	#requireOpen(): void {
		if (this.#state === "open") return;
		throw new RetakeError("SESSION_CLOSED", "the session has ended", {
			sort: "misuse",
			remedy: "open another one, or look at this one with `retake show`",
			data: { runId: this.runId },
		});
	}

	#requireIdle(what: string): void {
		if (this.#underWay.size === 0) return;
		throw new RetakeError("USAGE", `cannot ${what} while a call is under way`, {
			sort: "misuse",
			remedy: "await the call first",
		});
	}
}
