import type { ChangesetId } from "@retake/base";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";

/** How a run ended, as its last event says; under the root hash. */
export interface RunOutcome {
	/** Everything the run changed, composed. */
	readonly changesetId: ChangesetId;
	readonly verdict: string;
	readonly failed: boolean;
}

/** Encodes the payload of the `end` marker. */
export function encodeOutcome({ changesetId, verdict, failed }: RunOutcome): Uint8Array {
	return encodeCanonical({ changeset: changesetId, verdict, failed });
}

/** Decodes the payload of the `end` marker. */
export function decodeOutcome(bytes: Uint8Array): RunOutcome {
	const fields = decodeCanonical(bytes) as Readonly<Record<string, CanonicalValue>>;
	return {
		changesetId: fields["changeset"] as ChangesetId,
		verdict: fields["verdict"] as string,
		failed: fields["failed"] as boolean,
	};
}
