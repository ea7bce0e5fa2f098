import { type ChainHash, RetakeError, sha256, type ValueHash } from "@retake/base";
import { encodeCanonical } from "@retake/changeset";
import type { EventRecord, Reference, Store } from "@retake/store";
import { chainNext, chainStart } from "../trace/chain.ts";
import type { CallAddress, CallIdentity, Outcome } from "../trace/event.ts";
import { encodeEvent } from "../trace/event-codec.ts";
import { referencesOf } from "../trace/event-references.ts";
import { encodeHeader } from "../trace/header-codec.ts";
import { createPayload, type Payload } from "../trace/payload.ts";
import { errorValue } from "../trace/recorded-error.ts";
import type { RunHeader } from "../trace/run-header.ts";
import { encodeOutcome } from "../trace/run-outcome.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import type { RecordingEnd } from "./recording.ts";

const eventsPerBatch = 1_000;

/** Something that a call of another program was, as far as is known. */
export interface ForeignCall extends Pick<CallIdentity, "kind" | "tool"> {
	readonly address: CallAddress;
	readonly input: Parameters<typeof encodeCanonical>[0];
	/** Milliseconds since the run began. */
	readonly atMs: number;
}

/**
 * Writes the log of a run that another program made and told of: who, when and in which order is the teller's word. The same words give
 * the same log, to the root hash. The run is open until `finish`.
 */
export class ForeignLog {
	readonly #store: Store;
	readonly #header: RunHeader;
	#chain: ChainHash;
	#sequence = 0;
	#batch: EventRecord[] = [];
	#references: Reference[] = [];

	/** Begins the run. Throws what the store throws. */
	constructor(store: Store, header: RunHeader) {
		const { runId, parentRunId, kind, title, startedAt } = header;
		const bytes = encodeHeader(header);
		store.runs.begin({ runId, parentRunId, kind, title, startedAt, header: bytes });
		this.#store = store;
		this.#header = header;
		this.#chain = chainStart(bytes);
	}

	/** Writes that a call was issued. */
	issue({ address, kind, tool, input, atMs }: ForeignCall): void {
		const encoded = encodeCanonical(input);
		const schemaHash = sha256(Buffer.from(`retake foreign ${kind} 1`)) as ValueHash;
		const identity = { kind, tool, schemaHash, inputHash: sha256(encoded) as ValueHash };
		this.#append({ kind: "issued", address, identity, payload: this.#payload(encoded), atMs });
	}

	/** Writes how a call ended. */
	settle(address: CallAddress, outcome: Outcome, atMs: number): void {
		const payload = this.#payload(
			encodeCanonical(outcome.kind === "result" ? outcome.value : errorValue(outcome.error)),
		);
		const nothing = { changesetId: null, attributesId: null };
		this.#append({ kind: "settled", address, outcome: outcome.kind, ...nothing, payload, atMs });
	}

	/** Ends the run and returns its root hash. */
	finish({ state, ...outcome }: RecordingEnd, atMs: number): ChainHash {
		if (outcome.attributesId !== undefined)
			throw new RetakeError("BUG", "a foreign run has no attributes", { sort: "bug" });
		this.#append({ kind: "marker", name: "end", payload: this.#payload(encodeOutcome(outcome)), atMs });
		this.#flush();
		const endedAt = this.#header.startedAt + atMs;
		this.#store.runs.end(this.#header.runId, { ...outcome, state, endedAt, rootHash: this.#chain });
		return this.#chain;
	}

	#payload(bytes: Uint8Array): Payload {
		return createPayload(bytes, (large) => this.#store.blobs.write(large));
	}

	#append(event: StoredEvent): void {
		const bytes = encodeEvent(event);
		this.#chain = chainNext(this.#chain, bytes);
		this.#batch.push({ sequence: this.#sequence++, bytes, chain: this.#chain });
		this.#references.push(...referencesOf(event));
		if (this.#batch.length >= eventsPerBatch) this.#flush();
	}

	#flush(): void {
		if (this.#batch.length > 0) this.#store.events.append(this.#header.runId, this.#batch, this.#references);
		this.#batch = [];
		this.#references = [];
	}
}
