import type { Changeset } from "./changeset.ts";

/** Returns the changeset that undoes another. */
export function invert(changeset: Changeset): Changeset {
	return {
		kind: "changeset",
		changes: changeset.changes.map(({ path, was, now }) => ({ path, was: now, now: was })),
	};
}
