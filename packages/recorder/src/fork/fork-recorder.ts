import { AsyncLocalStorage } from "node:async_hooks";
import type { ChainHash, RunId } from "@retake/base";
import { type CanonicalValue, encodeCanonical } from "@retake/changeset";
import { type IdentifiedCall, identifyCall } from "../call-identity.ts";
import type { CallRequest, Delivered, StoredChange } from "../call-port.ts";
import { Recorder, type RecorderParts } from "../record/recorder.ts";
import type { RecordingEnd } from "../record/recording.ts";
import type { Script } from "../replay/script.ts";
import { TapeValues } from "../tape-values.ts";
import type { CallAddress } from "../trace/event.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import type { ForkedRecording, ForkOrigin } from "./forked-recording.ts";
import { PrefixPlayer, type PrefixPlayerParts } from "./prefix-player.ts";

/** What a fork recorder works with. */
export interface ForkRecorderParts
	extends Pick<PrefixPlayerParts, "onDivergence" | "extraDiverges" | "stallTimeoutMs"> {
	readonly recording: RecorderParts;
	/** What of the other run is served. */
	readonly prefix: Script;
	/** How many of its calls were asked to be served, in the order of issue. */
	readonly asked: number;
	/** Told what each served call changed, in the order of the log. */
	readonly onServedChange: (change: StoredChange) => void;
}

/** Serves the beginning of another run and records it as its own; then executes and records. */
export class ForkRecorder implements ForkedRecording {
	readonly runId: RunId;
	readonly values: TapeValues;
	readonly #parts: ForkRecorderParts;
	readonly #recorder: Recorder;
	readonly #player: PrefixPlayer;
	readonly #executedAgain: CallAddress[] = [];
	#executed = 0;
	#servedUntilMs = 0;

	constructor(parts: ForkRecorderParts) {
		const { recording, prefix, onDivergence, extraDiverges, stallTimeoutMs } = parts;
		this.runId = recording.runId;
		this.#parts = parts;
		this.#recorder = new Recorder(recording);
		const elapsedMs = () => recording.log.elapsedMs();
		this.values = new TapeValues({ ...recording, elapsedMs, call: (request) => this.call(request) });
		this.#player = new PrefixPlayer({
			script: prefix,
			blobs: recording.store.blobs,
			onDivergence,
			extraDiverges,
			stallTimeoutMs,
			onEvent: (event) => this.#keep(event),
			onLeft: () => recording.log.continueFrom(this.#servedUntilMs),
		});
	}

	get origin(): ForkOrigin {
		const { served, divergence } = this.#player;
		return { served, executed: this.#executed, executedAgain: [...this.#executedAgain], divergence };
	}

	async call(request: CallRequest): Promise<Delivered> {
		const { scopes, redactor } = this.#parts.recording;
		const identified = identifyCall(request, redactor);
		const address = scopes.issue();
		if (this.#player.left) return this.#execute(address, identified, request);
		const ended = Promise.withResolvers<Delivered>();
		const start = AsyncLocalStorage.bind(() => {
			ended.resolve(this.#execute(address, identified, request));
		});
		this.#player.offer({ address, identified, request, ended, start });
		return ended.promise;
	}

	async parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]> {
		return this.#parts.recording.scopes.parallel(branches, (scope) => this.#player.branchEnded(scope));
	}

	async scope<Value>(name: string, body: () => Promise<Value>): Promise<Value> {
		return this.#parts.recording.scopes.named(name, body, (scope) => this.#player.branchEnded(scope));
	}

	marker(name: "savepoint" | "rollback-to", value: CanonicalValue): void {
		const bytes = encodeCanonical(this.#parts.recording.redactor.value(value));
		if (!this.#player.left && this.#player.marker(name, bytes)) return;
		this.#recorder.marker(name, value);
	}

	async finish(end: RecordingEnd): Promise<ChainHash> {
		await this.#player.finish();
		return this.#recorder.finish(end);
	}

	#execute(address: CallAddress, identified: IdentifiedCall, request: CallRequest): Promise<Delivered> {
		const { asked, prefix } = this.#parts;
		const { calls } = prefix.index;
		const recorded = calls.find(address);
		if (recorded !== null && recorded < asked && calls.isOf(recorded, identified.identity)) {
			this.#executedAgain.push(address);
		}
		this.#executed++;
		return this.#recorder.callAt(address, identified, request);
	}

	#keep(event: StoredEvent): void {
		this.#parts.recording.log.keep(event);
		this.#servedUntilMs = event.atMs;
		if (event.kind !== "settled" || event.changesetId === null) return;
		this.#parts.onServedChange({ changesetId: event.changesetId, attributesId: event.attributesId });
	}
}
