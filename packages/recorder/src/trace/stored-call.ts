import type { BlobId, ChangesetId } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { CallAddress, CallIdentity } from "./event.ts";
import { readSettled } from "./event-codec.ts";
import { payloadBytes } from "./payload.ts";
import type { RunIndex } from "./run-index.ts";
import type { StoredIssued, StoredSettled } from "./stored-event.ts";
import type { TraceCall, TraceChunk, TraceOutcome } from "./trace.ts";

/** A call of a run in the store. Its input, output and result are read when somebody asks, and its output is not kept. */
export class StoredCall implements TraceCall {
	readonly address: CallAddress;
	readonly identity: CallIdentity;
	readonly changesetId: ChangesetId | null;
	readonly attributesId: BlobId | null;
	readonly issuedAtMs: number;
	readonly settledAtMs: number | null;
	readonly issuedSequence: number;
	readonly settledSequence: number | null;
	readonly #ordinal: number;
	readonly #index: RunIndex;
	readonly #issued: StoredIssued;
	readonly #ended: StoredSettled | { readonly kind: "cancelled" | "in-flight" };
	#input: CanonicalValue | undefined;
	#outcome: TraceOutcome | undefined;

	/** Throws `TRACE_TAMPERED` where the store no longer holds what was checked. */
	constructor(index: RunIndex, ordinal: number) {
		const issued = index.issued(ordinal);
		const ended = index.ended(ordinal);
		const settled = ended?.kind === "settled" ? ended : null;
		this.address = issued.address;
		this.identity = issued.identity;
		this.changesetId = settled?.changesetId ?? null;
		this.attributesId = settled?.attributesId ?? null;
		this.issuedAtMs = issued.atMs;
		this.settledAtMs = ended?.atMs ?? null;
		this.issuedSequence = index.calls.issuedAt(ordinal);
		this.settledSequence = index.calls.endedAt(ordinal);
		this.#ordinal = ordinal;
		this.#index = index;
		this.#issued = issued;
		this.#ended = settled ?? { kind: ended === null ? "in-flight" : "cancelled" };
	}

	/** Throws `BLOB_NOT_FOUND`, as `outcome` and `chunks` do. */
	get input(): CanonicalValue {
		if (this.#input === undefined) this.#input = this.#index.value(this.#issued);
		return this.#input;
	}

	get outcome(): TraceOutcome {
		const outcome = this.#outcome ?? this.#readOutcome();
		this.#outcome = outcome;
		return outcome;
	}

	get chunks(): readonly TraceChunk[] {
		return Array.from(this.#index.calls.chunksAt(this.#ordinal), (logSequence) => {
			const { stream, payload, atMs } = this.#index.chunk(logSequence);
			return { stream, bytes: payloadBytes(payload, this.#index.blobs), atMs, logSequence };
		});
	}

	#readOutcome(): TraceOutcome {
		const ended = this.#ended;
		return ended.kind === "settled" ? readSettled(ended, this.#index.blobs) : { kind: ended.kind };
	}
}
