import type { Reference } from "@retake/store";
import type { StoredEvent } from "./stored-event.ts";

/** Returns what an event names, which must be kept as long as the event. */
export function referencesOf(event: StoredEvent): readonly Reference[] {
	const references: Reference[] = [];
	if ("payload" in event && event.payload.kind === "blob") references.push({ kind: "blob", id: event.payload.id });
	if (event.kind !== "settled") return references;
	if (event.changesetId !== null) references.push({ kind: "changeset", id: event.changesetId });
	if (event.attributesId !== null) references.push({ kind: "blob", id: event.attributesId });
	return references;
}
