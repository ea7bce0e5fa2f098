import { assert, RetakeError, type SandboxLimits } from "@retake/base";
import { type Changeset, spellPath } from "@retake/changeset";
import type { CallContext, Executed } from "@retake/recorder";
import type { CommandControls, ExecResult, Loopback, TerminalSize } from "@retake/sandbox";
import type { Store } from "@retake/store";
import type { StepResult, Transaction } from "@retake/txfs";
import type { SharedSandbox } from "../shared-sandbox.ts";
import { writeChange } from "../stored-attributes.ts";
import type { StoppedProcess } from "./background-process.ts";
import { InputFeed } from "./input-feed.ts";
import { mergeProcess } from "./merge-process.ts";
import type { CheckedProcessInput } from "./process-tools.ts";

/** What a process runs in and on. */
export interface RunningProcessParts {
	readonly store: Pick<Store, "blobs" | "changesets">;
	readonly limits: SandboxLimits;
	readonly sandbox: SharedSandbox;
	/** Opens the process's own view of the tree when the calls that were issued before it have ended. */
	readonly fork: () => Promise<Transaction>;
	/** The network that it shares with the session's commands. */
	readonly loopback: () => Promise<Loopback>;
}

/** The live side of a process: a step on a view of its own that takes as long as the process runs. */
export class RunningProcess {
	readonly #parts: RunningProcessParts;
	readonly #input = new InputFeed();
	readonly #kill = new AbortController();
	readonly #over = Promise.withResolvers<void>();
	/** Of its terminal, as was asked for last; null where it has none. */
	#size: TerminalSize | null = null;
	#state: "waiting" | "running" | "ended" | "stopped" = "waiting";
	#controls: CommandControls | null = null;
	#view: Transaction | null = null;
	#began: Changeset | null = null;
	#left: StepResult<ExecResult> | null = null;

	constructor(parts: RunningProcessParts) {
		this.#parts = parts;
	}

	/** Runs it to its end. Throws where it cannot be started. */
	async run(input: CheckedProcessInput<"start">, { chunk, signal }: CallContext): Promise<Executed> {
		this.#state = "running";
		this.#size ??= input.terminal ?? null;
		try {
			const view = await this.#parts.fork();
			this.#view = view;
			this.#began = view.changes();
			const room = await this.#parts.sandbox.get();
			const network = await this.#parts.loopback();
			const { argv, cwd, env, timeoutMs } = input;
			this.#left = await view.step(async ({ mount }) => {
				assert(mount !== null, "a session with a sandbox has layers that can be mounted");
				return room.exec({
					argv,
					cwd,
					env,
					timeoutMs,
					network,
					stdin: this.#input,
					workspace: mount,
					signal: AbortSignal.any([signal, this.#kill.signal]),
					onOutput: chunk,
					onStart: (controls) => {
						this.#controls = controls;
						// What was asked for before there was anything to resize.
						if (this.#size !== null) controls.resize(this.#size);
					},
					...(this.#size === null ? {} : { terminal: this.#size }),
				});
			});
			const { usage: _usage, stdout: _stdout, stderr: _stderr, ...end } = this.#left.value;
			return { value: end as never, changesetId: null };
		} finally {
			this.#state = "ended";
			this.#over.resolve();
		}
	}

	write(bytes: Uint8Array, end: boolean): void {
		this.#requireRunning();
		this.#input.push(bytes);
		if (end) this.#input.end();
	}

	resize({ columns, rows }: TerminalSize): void {
		this.#requireRunning();
		if (this.#size === null) throw failed("the process has no terminal", "start it with `terminal`");
		this.#size = { columns, rows };
		this.#controls?.resize(this.#size);
	}

	/** Kills it, if it runs, and resolves when all that it started is dead. */
	async kill(): Promise<void> {
		this.#kill.abort();
		if (this.#state === "running") await this.#over.promise;
	}

	/** Ends it and merges what it wrote into `transaction`, in a step of it. */
	async stop(
		transaction: Transaction,
		{ graceMs, discard }: CheckedProcessInput<"stop">,
		signal: AbortSignal,
	): Promise<Executed> {
		await this.#end(graceMs, signal);
		const left = this.#left;
		if (left === null) throw failed("the process was never there: nothing is left of it", "start it again");
		const { usage: _usage, stdout: _stdout, stderr: _stderr, ...end } = left.value;
		const refused = left.refused.map(({ path, reason }) => ({ path: spellPath(path), reason }));
		if (discard) return { value: { end, conflicts: [], refused } as never, changesetId: null };
		const { changeset, attributes, conflicts } = mergeProcess({
			began: this.#began as Changeset,
			present: transaction.changes(),
			wrote: left,
			blobs: this.#parts.store.blobs,
		});
		const change = await transaction.step(async (layer) => layer.apply(changeset, attributes));
		const named = conflicts.map(({ path, kind }) => ({ path: spellPath(path), kind }));
		const stopped: StoppedProcess = { end, conflicts: named, refused };
		return { value: stopped as never, ...writeChange(this.#parts.store, change) };
	}

	/** Frees its view of the tree. */
	async close(): Promise<void> {
		await this.kill();
		this.#state = "stopped";
		await this.#view?.[Symbol.asyncDispose]();
		this.#view = null;
	}

	async #end(graceMs: number, signal: AbortSignal): Promise<void> {
		if (this.#state === "stopped") throw failed("the process was stopped before", "start another one");
		if (this.#state !== "running") return;
		this.#controls?.signal("SIGTERM");
		const timer = setTimeout(() => this.#kill.abort(), this.#controls === null ? 0 : graceMs);
		signal.addEventListener("abort", () => this.#kill.abort(), { once: true });
		await this.#over.promise;
		clearTimeout(timer);
	}

	#requireRunning(): void {
		if (this.#state !== "running" && this.#state !== "waiting") {
			throw failed("the process has ended", "ask for its output, and stop it");
		}
	}
}

function failed(message: string, remedy: string): RetakeError {
	return new RetakeError("TOOL_FAILED", message, { remedy });
}
