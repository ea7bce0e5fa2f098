import { RetakeError } from "@retake/base";
import {
	type BlobReader,
	type Changeset,
	compose,
	composeAttributes,
	emptyAttributes,
	emptyChangeset,
	type TreeAttributes,
	type TreeEntry,
	type TreeNode,
	type TreePath,
} from "@retake/changeset";
import type { StoredChange } from "@retake/recorder";
import type { ChangesetTable } from "@retake/store";
import type { FileSystem, Savepoint, StepResult, Transaction, WritableLayer } from "@retake/txfs";
import { readChange } from "./stored-attributes.ts";

/** Where the steps of a record are kept. */
interface ServedStore {
	readonly changesets: Pick<ChangesetTable, "read">;
	readonly blobs: BlobReader;
}

/** The tree after a served step, known only by what changed. */
interface ServedState {
	readonly parent: ServedState | null;
	/** Null for the first state, the base. */
	readonly change: StoredChange | null;
	readonly depth: number;
	/** What differs from the base; null until somebody asks. */
	changes: Changeset | null;
	/** Where the state lies in the real transaction, once the steps have been made there. */
	savepoint: Savepoint | null;
}

/**
 * A transaction whose first steps are known from a record. They are noted only, and made in the real transaction by
 * `catchUp`, each as a step of its own: a run that never executes anything never touches a tree. Before that there is no
 * tree to read or to write.
 */
export class ServedTransaction implements Transaction {
	readonly #inner: Transaction;
	readonly #store: ServedStore;
	readonly #savepoints = new WeakMap<Savepoint, ServedState>();
	#state: ServedState = { parent: null, change: null, depth: 0, changes: emptyChangeset, savepoint: null };
	#caughtUp = false;

	/** Takes over `inner`, which has no steps yet. */
	constructor(inner: Transaction, store: ServedStore) {
		this.#inner = inner;
		this.#store = store;
	}

	get backend(): Transaction["backend"] {
		return this.#inner.backend;
	}

	/** Notes a step that the record tells of. Not after `catchUp`. */
	note(change: StoredChange): void {
		if (this.#caughtUp) throw new RetakeError("BUG", "a step was served after the run went live", { sort: "bug" });
		const parent = this.#state;
		this.#state = { parent, change, depth: parent.depth + 1, changes: null, savepoint: null };
	}

	/** Makes the steps that were noted and not taken back. Does nothing the second time. */
	async catchUp(): Promise<void> {
		if (this.#caughtUp) return;
		const start = this.#inner.savepoint();
		try {
			for (const state of statesUpTo(this.#state)) {
				if (state.change !== null) {
					const { changeset, attributes } = readChange(this.#store, state.change);
					await this.#inner.step(async (layer) => layer.apply(changeset, attributes));
				}
				state.savepoint = this.#inner.savepoint();
			}
		} catch (error) {
			this.#inner.rollbackTo(start);
			throw error;
		}
		this.#caughtUp = true;
	}

	lookup(path: TreePath): TreeNode | null {
		return this.#real().lookup(path);
	}

	entries(path: TreePath | null): readonly TreeEntry[] {
		return this.#real().entries(path);
	}

	chunks(path: TreePath): Iterable<Uint8Array> {
		return this.#real().chunks(path);
	}

	async step<Value>(body: (layer: WritableLayer) => Promise<Value>): Promise<StepResult<Value>> {
		return this.#real().step(body);
	}

	get fs(): FileSystem {
		return this.#real().fs;
	}

	async flush(): Promise<StepResult<null> | null> {
		return this.#real().flush();
	}

	savepoint(): Savepoint {
		if (this.#caughtUp) return this.#inner.savepoint();
		const savepoint: Savepoint = Object.freeze({ kind: "savepoint", depth: this.#state.depth });
		this.#savepoints.set(savepoint, this.#state);
		return savepoint;
	}

	rollbackTo(savepoint: Savepoint): void {
		const wanted = this.#savepoints.get(savepoint);
		if (this.#caughtUp) this.#inner.rollbackTo(wanted?.savepoint ?? savepoint);
		else if (wanted !== undefined && statesUpTo(this.#state).includes(wanted)) this.#state = wanted;
		else {
			throw new RetakeError("USAGE", "the savepoint lies after a point to which the transaction went back", {
				sort: "misuse",
				data: { depth: savepoint.depth },
				remedy: "use a savepoint of this transaction that it has not gone back beyond",
			});
		}
	}

	fork(savepoint?: Savepoint): Transaction {
		const real = this.#real();
		return real.fork(savepoint && (this.#savepoints.get(savepoint)?.savepoint ?? savepoint));
	}

	changes(): Changeset {
		if (this.#caughtUp) return this.#inner.changes();
		const states = statesUpTo(this.#state);
		const known = states.findLastIndex(({ changes }) => changes !== null);
		let changes = states[known]?.changes ?? emptyChangeset;
		for (const state of states.slice(known + 1)) {
			if (state.change !== null) changes = compose(changes, this.#store.changesets.read(state.change.changesetId));
			state.changes = changes;
		}
		return changes;
	}

	attributes(): TreeAttributes {
		if (this.#caughtUp) return this.#inner.attributes();
		let attributes = emptyAttributes;
		for (const { change } of statesUpTo(this.#state)) {
			if (change !== null) attributes = composeAttributes(attributes, readChange(this.#store, change));
		}
		return attributes;
	}

	rollback(): void {
		this.#inner.rollback();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#inner[Symbol.asyncDispose]();
	}

	#real(): Transaction {
		if (this.#caughtUp) return this.#inner;
		throw new RetakeError("USAGE", "the run is still served from the record: there is no tree yet", {
			sort: "misuse",
			remedy: "make the run's own calls first; what comes after the last recorded one is executed",
		});
	}
}

function statesUpTo(last: ServedState): ServedState[] {
	const states: ServedState[] = [];
	for (let state: ServedState | null = last; state !== null; state = state.parent) states.push(state);
	return states.reverse();
}
