import { RetakeError } from "@retake/base";
import { type BlobReader, type CanonicalValue, decodeCanonical } from "@retake/changeset";
import type { StoredEvent } from "../stored-event.ts";
import { semanticsVersion } from "./semantics-version.ts";
import type { HeaderFields, UpgradeStep } from "./upgrade-step.ts";
import { version1To2 } from "./version-1-to-2.ts";

/**
 * The steps from each version to the next. One that was released is never edited: what comes later is a new entry, and `test/golden` keeps a
 * record of every version.
 */
const steps: readonly UpgradeStep[] = [version1To2];

/** Reads a header's fields and brings them step by step to the present version. Throws `STORE_NEWER` for a later one. */
export function upgradeHeader(bytes: Uint8Array): HeaderFields {
	const fields = decodeCanonical(bytes) as HeaderFields;
	const upgraded = stepsFrom(versionOf(fields)).reduce((before, step) => step.header(before), fields);
	return { ...upgraded, semanticsVersion };
}

/** Makes what brings the events of a run with this header to the present version, one step after the other. */
export function eventUpgrade(header: Uint8Array, blobs: BlobReader): (event: StoredEvent) => StoredEvent {
	let needed: readonly UpgradeStep[] | null = null;
	return (event) => {
		// Not before there is an event: by then the chain has vouched for the header.
		needed ??= stepsFrom(versionOf(decodeCanonical(header) as HeaderFields));
		return needed.reduce((before, step) => step.event(before, blobs), event);
	};
}

function stepsFrom(version: CanonicalValue | undefined): readonly UpgradeStep[] {
	if (typeof version === "number" && version >= 1 && version <= semanticsVersion) return steps.slice(version - 1);
	throw new RetakeError(
		"STORE_NEWER",
		`the run follows version ${JSON.stringify(version)} of the semantics; this is ${semanticsVersion}`,
		{ data: { version: version ?? null, understood: semanticsVersion }, remedy: "install the newer retake" },
	);
}

function versionOf(fields: HeaderFields): CanonicalValue | undefined {
	return fields["semanticsVersion"];
}
