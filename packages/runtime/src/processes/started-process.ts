import type { CallContext, CallRequest, Delivered, Executed } from "@retake/recorder";
import type { CallOptions } from "../session.ts";
import type { BackgroundProcess, ProcessEnd, ProcessOutput, StoppedProcess } from "./background-process.ts";
import { PrintedOutput } from "./printed-output.ts";
import {
	type CheckedProcessInput,
	checkProcessInput,
	type ProcessToolName,
	processSignature,
} from "./process-tools.ts";

/** What executes the calls of one process; in playback nothing does. */
export interface ProcessWork {
	start(input: CheckedProcessInput<"start">, context: CallContext): Promise<Executed>;
	write(input: CheckedProcessInput<"write_input">): void;
	resize(input: CheckedProcessInput<"resize">): void;
	stop(input: CheckedProcessInput<"stop">, signal: AbortSignal): Promise<Executed>;
}

/** What a process is made of. */
export interface StartedProcessParts {
	readonly id: number;
	readonly input: CheckedProcessInput<"start">;
	readonly options: Pick<CallOptions, "onChunk" | "signal">;
	readonly call: (request: CallRequest) => Promise<Delivered>;
	readonly work: ProcessWork;
}

/** The one face of a process, live and played back: all that it does goes through the tape, and starting it is a call that lasts as long as it runs. */
export class StartedProcess implements BackgroundProcess {
	readonly id: number;
	readonly ended: Promise<ProcessEnd>;
	readonly #parts: StartedProcessParts;
	/** What was delivered: secrets are replaced in it already. */
	readonly #printed = new PrintedOutput();

	constructor(parts: StartedProcessParts) {
		this.#parts = parts;
		this.id = parts.id;
		const { input, options, work } = parts;
		const onChunk = (stream: string, bytes: Uint8Array): void => {
			this.#printed.add(stream, bytes);
			options.onChunk?.(stream, bytes);
		};
		const execute = (context: CallContext) => work.start(input, context);
		const signal = options.signal === undefined ? {} : { signal: options.signal };
		const request = { tool: processSignature("start"), input: input as never, execute, onChunk, ...signal };
		this.ended = parts
			.call(request)
			.then(({ value }) => value as unknown as ProcessEnd)
			.finally(() => this.#printed.end());
		// Whoever stops it hears of it; not everybody waits for its end.
		this.ended.catch(() => undefined);
	}

	async output(given: Parameters<BackgroundProcess["output"]>[0] = {}): Promise<ProcessOutput> {
		const input = checkProcessInput("output", { ...given, process: this.id });
		return this.#call("output", input, async ({ signal }) => {
			await this.#printed.wait(input.waitMs, signal);
			return { value: this.#printed.take() as never, changesetId: null };
		});
	}

	async write(given: Parameters<BackgroundProcess["write"]>[0]): Promise<void> {
		const input = checkProcessInput("write_input", { ...given, process: this.id });
		await this.#call("write_input", input, async () => {
			this.#parts.work.write(input);
			return { value: null, changesetId: null };
		});
	}

	async resize(size: Parameters<BackgroundProcess["resize"]>[0]): Promise<void> {
		const input = checkProcessInput("resize", { ...size, process: this.id });
		await this.#call("resize", input, async () => {
			this.#parts.work.resize(input);
			return { value: null, changesetId: null };
		});
	}

	async stop(given: Parameters<BackgroundProcess["stop"]>[0] = {}): Promise<StoppedProcess> {
		const input = checkProcessInput("stop", { ...given, process: this.id });
		return this.#call("stop", input, ({ signal }) => this.#parts.work.stop(input, signal));
	}

	async #call<Value>(
		name: ProcessToolName,
		input: CheckedProcessInput<ProcessToolName>,
		execute: CallRequest["execute"],
	): Promise<Value> {
		const delivered = await this.#parts.call({ tool: processSignature(name), input: input as never, execute });
		return delivered.value as Value;
	}
}
