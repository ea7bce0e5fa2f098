import { assert, RetakeError } from "@retake/base";
import type {
	AttributedChanges,
	Blobs,
	Changeset,
	TreeAttributes,
	TreeEntry,
	TreeNode,
	TreePath,
	TreeReader,
} from "@retake/changeset";
import { type FileSystemOptions, TransactionView } from "../file-system/transaction-view.ts";
import type { FileSystem } from "../file-system/view-volume.ts";
import type { RefusedPath, Savepoint, StepResult, Transaction, WritableLayer } from "../transaction.ts";
import { keepBefore } from "./keep-before.ts";
import type { FrozenLayer, TreeState } from "./tree-state.ts";

/** What a layer held when it was frozen. `layer` is null where nothing is left of it. */
export interface Frozen<Layer extends FrozenLayer> extends AttributedChanges {
	readonly refused: readonly RefusedPath[];
	readonly layer: Layer | null;
}

/** A layer while its step runs: frozen with what it changed, or dropped. */
export interface OpenLayer<Layer extends FrozenLayer> {
	readonly writable: WritableLayer;
	/** Captures and freezes. On failure the caller drops it. */
	freeze(): Promise<Frozen<Layer>>;
	drop(): void;
}

/** What a kind of transaction does in its own way. */
export interface LayerBackend<Layer extends FrozenLayer> {
	readonly name: Transaction["backend"];
	readonly base: TreeReader;
	/** Where the bytes of both sides of every change are kept. */
	readonly blobs: Blobs;
	/** Opens a fresh writable layer over a state. */
	open(state: TreeState<Layer>): Promise<OpenLayer<Layer>>;
	/** Returns the backend of a transaction that is forked from this one's. */
	fork(): LayerBackend<Layer>;
	/** Frees what belongs to this backend's transaction alone. More than once is no harm. */
	close(): void;
}

/** The one implementation of `Transaction`: a hold on a state, moved by steps. What a layer is, the backend knows. */
export class LayeredTransaction<Layer extends FrozenLayer> implements Transaction {
	readonly #backend: LayerBackend<Layer>;
	readonly #fileSystem: FileSystemOptions;
	readonly #savepoints = new WeakMap<Savepoint, TreeState<Layer>>();
	#state: TreeState<Layer> | null;
	#running: Promise<unknown> | null = null;
	#view: TransactionView | null = null;

	/** Takes over the caller's hold on `state`. */
	constructor(backend: LayerBackend<Layer>, state: TreeState<Layer>, fileSystem: FileSystemOptions = {}) {
		this.#fileSystem = fileSystem;
		this.#backend = backend;
		this.#state = state;
	}

	get backend(): Transaction["backend"] {
		return this.#backend.name;
	}

	lookup(path: TreePath): TreeNode | null {
		return this.#open().tree.lookup(path);
	}

	entries(path: TreePath | null): readonly TreeEntry[] {
		return this.#open().tree.entries(path);
	}

	chunks(path: TreePath): Iterable<Uint8Array> {
		return this.#open().tree.chunks(path);
	}

	get fs(): FileSystem {
		const { tree } = this.#open();
		this.#view ??= new TransactionView(tree, this.#fileSystem);
		return this.#view.fs;
	}

	async flush(): Promise<StepResult<null> | null> {
		this.#refuseDuringStep("its file system cannot be flushed");
		return this.#run(this.#flush());
	}

	async step<Value>(body: (layer: WritableLayer) => Promise<Value>): Promise<StepResult<Value>> {
		this.#refuseDuringStep("another step cannot begin");
		return this.#run(this.#flushAndStep(body));
	}

	savepoint(): Savepoint {
		this.#refuseUnflushed("a savepoint would be taken before them");
		const state = this.#open();
		const savepoint: Savepoint = Object.freeze({ kind: "savepoint", depth: state.depth });
		this.#savepoints.set(savepoint, state);
		return savepoint;
	}

	rollbackTo(savepoint: Savepoint): void {
		this.#refuseDuringStep("it cannot go back");
		const target = this.#stateOf(savepoint);
		const left = this.#open();
		this.#state = target.hold();
		left.release();
		this.#view?.show(target.tree);
	}

	fork(savepoint?: Savepoint): Transaction {
		if (savepoint === undefined) this.#refuseUnflushed("a fork would not have them");
		const state = savepoint === undefined ? this.#open() : this.#stateOf(savepoint);
		return new LayeredTransaction(this.#backend.fork(), state.hold(), this.#fileSystem);
	}

	changes(): Changeset {
		this.#refuseUnflushed("they are in no changeset");
		return this.#open().changes();
	}

	attributes(): TreeAttributes {
		this.#refuseUnflushed("nothing is known of them");
		return this.#open().attributes();
	}

	rollback(): void {
		this.#refuseDuringStep("it cannot be rolled back");
		const state = this.#state;
		this.#state = null;
		this.#view?.close();
		state?.release();
		this.#backend.close();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// The step's own caller hears how it ends.
		await Promise.allSettled([this.#running]);
		this.rollback();
	}

	async #run<Value>(work: Promise<Value>): Promise<Value> {
		this.#running = work;
		try {
			return await work;
		} finally {
			this.#running = null;
		}
	}

	async #flush(): Promise<StepResult<null> | null> {
		const view = this.#view;
		if (view === null || !view.hasWrites) return null;
		const step = (write: (layer: WritableLayer) => void) =>
			this.#step(this.#open(), async (layer) => {
				write(layer);
				return null;
			});
		return view.flush(step, () => this.#open().tree);
	}

	async #flushAndStep<Value>(body: (layer: WritableLayer) => Promise<Value>): Promise<StepResult<Value>> {
		await this.#flush();
		const step = () => this.#step(this.#open(), body);
		return this.#view === null ? step() : this.#view.during(step, () => this.#open().tree);
	}

	async #step<Value>(
		before: TreeState<Layer>,
		body: (layer: WritableLayer) => Promise<Value>,
	): Promise<StepResult<Value>> {
		const open = await this.#backend.open(before);
		try {
			const value = await body(open.writable);
			const { changeset, attributes, refused, layer } = await open.freeze();
			await keepBefore(changeset, before.tree, this.#backend.blobs);
			assert(this.#state === before, "a transaction does not move while a step runs");
			this.#state = before.after(this.#backend.base, { changeset, attributes }, layer);
			return { value, changeset, attributes, refused };
		} catch (error) {
			open.drop();
			throw error;
		}
	}

	#open(): TreeState<Layer> {
		if (this.#state !== null) return this.#state;
		throw new RetakeError("SESSION_CLOSED", "the transaction has been rolled back", {
			sort: "misuse",
			remedy: "begin another transaction, or fork before rolling back",
		});
	}

	#stateOf(savepoint: Savepoint): TreeState<Layer> {
		const wanted = this.#savepoints.get(savepoint);
		for (let state: TreeState<Layer> | null = this.#open(); state !== null; state = state.parent) {
			if (state === wanted) return state;
		}
		const reason =
			wanted === undefined ? "belongs to another transaction" : "lies after a point to which this one went back";
		throw new RetakeError("USAGE", `the savepoint ${reason}`, {
			sort: "misuse",
			data: { depth: savepoint.depth },
			remedy: "use a savepoint of this transaction that it has not gone back beyond",
		});
	}

	#refuseUnflushed(consequence: string): void {
		if (this.#view === null || !this.#view.hasWrites) return;
		throw new RetakeError("USAGE", `writes to the transaction's file system are no step yet: ${consequence}`, {
			sort: "misuse",
			remedy: "await transaction.flush() first",
		});
	}

	#refuseDuringStep(consequence: string): void {
		if (this.#running === null) return;
		throw new RetakeError("USAGE", `a step of the transaction is running: ${consequence}`, {
			sort: "misuse",
			remedy: "await the step, or fork the transaction",
		});
	}
}
