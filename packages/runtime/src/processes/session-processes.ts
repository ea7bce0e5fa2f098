import { RetakeError } from "@retake/base";
import type { ExecRequest, Loopback } from "@retake/sandbox";
import type { SharedSandbox } from "../shared-sandbox.ts";
import type { RunningProcess } from "./running-process.ts";

/** The processes of one live session that have not been stopped, and the network that they share with its commands. */
export class SessionProcesses {
	readonly #sandbox: SharedSandbox;
	readonly #running = new Map<number, RunningProcess>();
	#loopback: Promise<Loopback> | null = null;
	#network: Loopback | null = null;

	constructor(sandbox: SharedSandbox) {
		this.#sandbox = sandbox;
	}

	/** What a command of the session is given: the loopback of its processes where there are any. */
	get network(): ExecRequest["network"] {
		return this.#running.size === 0 ? "none" : (this.#network ?? "none");
	}

	add(id: number, process: RunningProcess): void {
		this.#running.set(id, process);
	}

	/** Frees one that has been stopped. */
	async remove(id: number): Promise<void> {
		const process = this.#running.get(id);
		this.#running.delete(id);
		await process?.close();
	}

	async loopback(): Promise<Loopback> {
		this.#loopback ??= this.#sandbox.get().then((room) => room.openLoopback());
		this.#network = await this.#loopback;
		return this.#network;
	}

	/** Throws `USAGE` where what a process wrote would be lost. */
	requireStopped(): void {
		const [id] = this.#running.keys();
		if (id === undefined) return;
		throw new RetakeError("USAGE", `process ${id} of the session was not stopped`, {
			sort: "misuse",
			data: { processes: [...this.#running.keys()] },
			remedy: "stop it first: what it wrote is merged then, or dropped with `discard`",
		});
	}

	/** Kills what still runs; nothing that it wrote is kept. */
	async end(): Promise<void> {
		await Promise.all([...this.#running.keys()].map((id) => this.remove(id)));
		await this.#network?.[Symbol.asyncDispose]();
	}
}
