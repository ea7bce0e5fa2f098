import { type ChangesetId, isRetakeError, RetakeError, type RunId } from "@retake/base";
import { type CanonicalValue, type Changeset, compose, emptyChangeset, changesetId as idOf } from "@retake/changeset";
import {
	type CallRequest,
	type Delivered,
	decodeHeader,
	type Playback,
	type TapeReadings,
	type ToolSignature,
} from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { driveFromRecord } from "./drive-from-record.ts";
import { layOverSignature, workSignature } from "./live-session.ts";
import type { BackgroundProcess } from "./processes/background-process.ts";
import { checkProcessInput, type ProcessInput } from "./processes/process-tools.ts";
import { StartedProcess } from "./processes/started-process.ts";
import type { PlaybackReport, PlaybackSession } from "./runtime.ts";
import type { CallOptions, PerformOptions, RunVerdict, SessionSavepoint, StartOptions } from "./session.ts";
import { TapedSession } from "./taped-session.ts";
import { checkInput } from "./tools/check-input.ts";
import type { ToolInput, ToolName, ToolOutput } from "./tools/standard-tools.ts";
import { toolSignatures } from "./tools/tool-signatures.ts";

/** A session served from the record. The tree is known only by its changes; nothing is executed. */
export class PlayedBackSession extends TapedSession implements PlaybackSession {
	readonly runId: RunId;
	readonly recordedVerdict: RunVerdict;
	protected readonly values: TapeReadings;
	readonly #playback: Playback;
	readonly #store: Store;
	readonly #isCutOff: boolean;
	readonly #processes: BackgroundProcess[] = [];
	/** What differed from the base at each savepoint that can be returned to, by how many steps had written. */
	readonly #savepoints = new Map<number, Changeset>();
	/** What differs from the base now. */
	#changes: Changeset;
	/** How many steps have written. */
	#depth = 0;

	constructor(store: Store, run: RunRecord, playback: Playback) {
		super();
		this.runId = run.runId;
		this.recordedVerdict = { verdict: run.verdict ?? "cut off", failed: run.failed ?? true };
		this.#playback = playback;
		this.values = playback.values;
		this.#store = store;
		this.#isCutOff = run.rootHash === null;
		const { changesetId } = decodeHeader(run.header).base;
		this.#changes = changesetId === null ? emptyChangeset : store.changesets.read(changesetId);
		this.#savepoints.set(0, this.#changes);
	}

	async call<Name extends ToolName>(
		name: Name,
		input: ToolInput<Name>,
		options: CallOptions = {},
	): Promise<ToolOutput<Name>> {
		const checked = checkInput(name, input) as CanonicalValue;
		return (await this.#serve(toolSignatures[name], checked, options)) as ToolOutput<Name>;
	}

	async layOver(changesetId: ChangesetId): Promise<void> {
		await this.#serve(layOverSignature, { changesetId });
	}

	async start(input: ProcessInput<"start">, options: StartOptions = {}): Promise<BackgroundProcess> {
		const process = new StartedProcess({
			id: this.#processes.length + 1,
			input: checkProcessInput("start", input),
			options,
			call: (request) => this.#play(request),
			work: { start: refuseToExecute, write: notExecuted, resize: notExecuted, stop: refuseToExecute },
		});
		this.#processes.push(process);
		return process;
	}

	async #serve(tool: ToolSignature, input: CanonicalValue, options: CallOptions = {}): Promise<CanonicalValue> {
		const { value, durationMs } = await this.#play({ tool, input, execute: refuseToExecute, ...options });
		options.onTimed?.(durationMs);
		return value;
	}

	async #play(request: CallRequest): Promise<Delivered> {
		const delivered = await this.#playback.call(request);
		const { changesetId } = delivered;
		if (changesetId !== null) {
			this.#changes = compose(this.#changes, this.#store.changesets.read(changesetId));
			this.#depth++;
		}
		return delivered;
	}

	#playMarker(name: "savepoint" | "rollback-to", value: CanonicalValue): void {
		const { depth } = value as { readonly depth: number };
		if (name === "savepoint") this.#savepoints.set(depth, this.#changes);
		else this.#returnTo(depth);
		this.#playback.marker(name, value);
	}

	#returnTo(depth: number): void {
		this.#changes = this.#savepoints.get(depth) ?? this.#changes;
		this.#depth = depth;
		for (const later of this.#savepoints.keys()) if (later > depth) this.#savepoints.delete(later);
	}

	async perform<Value extends CanonicalValue>(
		name: string,
		input: CanonicalValue,
		_work: unknown,
		{ schemaHash, ...options }: PerformOptions = {},
	): Promise<Value> {
		return (await this.#serve(workSignature(name, schemaHash), input, options)) as Value;
	}

	parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]> {
		return this.#playback.parallel(branches);
	}

	scope<Value>(name: string, body: () => Promise<Value>): Promise<Value> {
		return this.#playback.scope(name, body);
	}

	savepoint(): SessionSavepoint {
		const depth = this.#depth;
		this.#playMarker("savepoint", { depth });
		return { kind: "session-savepoint", depth };
	}

	rollbackTo(savepoint: SessionSavepoint): void {
		if (!this.#savepoints.has(savepoint.depth)) {
			throw new RetakeError("USAGE", "the savepoint belongs to another session, or to a state that was rolled back", {
				sort: "misuse",
			});
		}
		this.#playMarker("rollback-to", { depth: savepoint.depth });
	}

	changes(): Changeset {
		return this.#changes;
	}

	async driveFromRecord(): Promise<void> {
		await driveFromRecord(this.#playback.index, {
			call: (request) => this.#play(request),
			parallel: (branches) => this.parallel(branches),
			scope: (name, body) => this.scope(name, body),
			marker: (name, value) => this.#playMarker(name, value),
		});
	}

	async finishAfter(program: () => Promise<RunVerdict>): Promise<PlaybackReport> {
		const verdict = await this.#verdictOf(program);
		// Those that the program never stopped ended with it.
		if (verdict !== null) await Promise.allSettled(this.#processes.map(({ ended }) => ended));
		const changesetId = idOf(this.changes());
		const report = await this.#playback.finish(verdict === null ? undefined : { changesetId, ...verdict });
		return { runId: this.runId, ...report };
	}

	/** Null where a divergence or the end of a record that was cut off stopped the program: both are in the report. */
	async #verdictOf(program: () => Promise<RunVerdict>): Promise<RunVerdict | null> {
		try {
			return await program();
		} catch (error) {
			if (isRetakeError(error, "DIVERGENCE")) return null;
			if (isRetakeError(error, "INTERRUPTED") && this.#isCutOff) return null;
			throw error;
		}
	}
}

function notExecuted(): never {
	throw new RetakeError("BUG", "playback tried to execute a call", { sort: "bug" });
}

async function refuseToExecute(): Promise<never> {
	return notExecuted();
}
