import type { BlobId, ChangesetId } from "@retake/base";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import { attributesField, readAttributesField } from "./event-codec.ts";

/** How a run ended, as its last event says; under the root hash. */
export interface RunOutcome {
	/** Everything the run changed, composed. */
	readonly changesetId: ChangesetId;
	/** Blob with the attributes of what the run left; absent or null where nothing is known of them. */
	readonly attributesId?: BlobId | null;
	readonly verdict: string;
	readonly failed: boolean;
}

/** Encodes the payload of the `end` marker. */
export function encodeOutcome({ changesetId, attributesId, verdict, failed }: RunOutcome): Uint8Array {
	return encodeCanonical({ changeset: changesetId, ...attributesField(attributesId), verdict, failed });
}

/** Decodes the payload of the `end` marker. */
export function decodeOutcome(bytes: Uint8Array): RunOutcome {
	const fields = decodeCanonical(bytes) as Readonly<Record<string, CanonicalValue>>;
	return {
		changesetId: fields["changeset"] as ChangesetId,
		attributesId: readAttributesField(fields),
		verdict: fields["verdict"] as string,
		failed: fields["failed"] as boolean,
	};
}
