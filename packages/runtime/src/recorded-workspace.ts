import type { ChangesetId, TreeId } from "@retake/base";
import { type Changeset, compose, hashCanonical, changesetId as idOf } from "@retake/changeset";
import type { TraceMarker } from "@retake/recorder";
import type { Store } from "@retake/store";

/**
 * Follows what the workspace was after each recorded call, and what it is now. The hash of a workspace is that of the tree that the run began
 * with and of everything changed since, composed: it needs no walk over the tree, and nothing beside the changesets on record.
 */
export class RecordedWorkspace {
	readonly #treeId: TreeId;
	readonly #changesets: Pick<Store["changesets"], "read">;
	readonly #savepoints = new Map<number, Changeset>();
	#recorded: Changeset;
	#actual: Changeset;

	constructor(treeId: TreeId, began: Changeset, changesets: Pick<Store["changesets"], "read">) {
		this.#treeId = treeId;
		this.#changesets = changesets;
		this.#recorded = began;
		this.#actual = began;
		this.#savepoints.set(0, began);
	}

	/** Whether the workspace is the recorded one. */
	get isEqual(): boolean {
		return idOf(this.#recorded) === idOf(this.#actual);
	}

	get hashes(): { readonly recorded: string; readonly actual: string } {
		const hash = (changes: Changeset) => hashCanonical([this.#treeId, idOf(changes)]);
		return { recorded: hash(this.#recorded), actual: hash(this.#actual) };
	}

	/** Takes what a call changed on record, and everything that has been changed now; null for a call that changed nothing. */
	note(recorded: ChangesetId | null, actual: Changeset | null): void {
		if (recorded !== null) this.#recorded = compose(this.#recorded, this.#changesets.read(recorded));
		if (actual !== null) this.#actual = actual;
	}

	/** Takes a savepoint, or a return to one; `actual` is what is changed now, after it. */
	marker({ name, value }: TraceMarker, actual: Changeset): void {
		const { depth } = value as { readonly depth: number };
		this.#actual = actual;
		if (name === "savepoint") this.#savepoints.set(depth, this.#recorded);
		if (name === "rollback-to") this.#recorded = this.#savepoints.get(depth) ?? this.#recorded;
	}
}
