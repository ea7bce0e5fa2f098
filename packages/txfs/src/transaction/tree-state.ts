import { assert } from "@retake/base";
import {
	type AttributedChanges,
	type BlobReader,
	type Changeset,
	compose,
	composeAttributes,
	emptyAttributes,
	emptyChangeset,
	type TreeAttributes,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import { ChangeIndex } from "../tree/change-index.ts";
import { ChangedTree } from "../tree/changed-tree.ts";

/** What a state keeps of the step that led to it, until nobody needs the state. */
export interface FrozenLayer {
	/** Frees what the layer holds. */
	drop(): void;
}

/**
 * A tree after some steps: the step that led to it, on top of the state before. States are never changed and are shared by
 * the transactions forked from each other; one is freed with its layer when the last that leads through it is.
 */
export class TreeState<Layer extends FrozenLayer> {
	readonly parent: TreeState<Layer> | null;
	/** Steps since the base. */
	readonly depth: number;
	readonly changed: AttributedChanges;
	/** Null where the step left nothing. */
	readonly layer: Layer | null;
	readonly tree: TreeReader;
	/** One layer in place of this state's and all before it, once a stack became too deep; of the root, one that the base needs over it. */
	folded: Layer | null = null;
	readonly #index: ChangeIndex;
	readonly #blobs: BlobReader;
	#composed: AttributedChanges | null = null;
	#references = 1;

	private constructor(
		parent: TreeState<Layer> | null,
		base: TreeReader,
		blobs: BlobReader,
		changed: AttributedChanges,
		layer: Layer | null,
	) {
		this.parent = parent;
		this.depth = parent === null ? 0 : parent.depth + 1;
		this.changed = changed;
		this.layer = layer;
		this.#index = (parent === null ? ChangeIndex.empty : parent.#index).with(changed.changeset.changes);
		this.#blobs = blobs;
		this.tree = new ChangedTree(base, this.#index, blobs);
	}

	/** Makes the state before any step, held once. */
	static root<Layer extends FrozenLayer>(base: TreeReader, blobs: BlobReader): TreeState<Layer> {
		return new TreeState<Layer>(null, base, blobs, nothingChanged, null);
	}

	/** Makes the state after one more step, held once; it takes over the caller's hold on this one. */
	after(base: TreeReader, changed: AttributedChanges, layer: Layer | null): TreeState<Layer> {
		return new TreeState(this, base, this.#blobs, changed, layer);
	}

	/** Everything since the base, composed. */
	changes(): Changeset {
		return this.#compose().changeset;
	}

	/** The attributes of everything since the base, composed. */
	attributes(): TreeAttributes {
		return this.#compose().attributes;
	}

	/** Tells whether no step has touched a path. */
	isAsInBase(path: TreePath): boolean {
		return this.#index.get(path) === undefined;
	}

	hold(): this {
		assert(this.#references > 0, "a state that was freed is not used again");
		this.#references++;
		return this;
	}

	release(): void {
		let state: TreeState<Layer> | null = this;
		while (state !== null) {
			assert(state.#references > 0, "a state is released as often as it is held");
			if (--state.#references > 0) return;
			state.layer?.drop();
			state.folded?.drop();
			state = state.parent;
		}
	}

	/** Composing goes on from the nearest state that has done it. */
	#compose(): AttributedChanges {
		const missing: TreeState<Layer>[] = [];
		let known: TreeState<Layer> | null = this;
		while (known !== null && known.#composed === null) {
			missing.push(known);
			known = known.parent;
		}
		let composed = (known === null ? null : known.#composed) ?? nothingChanged;
		for (const state of missing.reverse()) {
			composed = state.#composed = {
				changeset: compose(composed.changeset, state.changed.changeset),
				attributes: composeAttributes(composed.attributes, state.changed),
			};
		}
		return composed;
	}
}

/** The change that is none. */
export const nothingChanged: AttributedChanges = Object.freeze({
	changeset: emptyChangeset,
	attributes: emptyAttributes,
});

/** Returns the states that led to one of two and not to the other, themselves included: what they changed is all that differs. */
export function statesBetween<Layer extends FrozenLayer>(
	one: TreeState<Layer>,
	other: TreeState<Layer>,
): readonly TreeState<Layer>[] {
	const states: TreeState<Layer>[] = [];
	let [left, right]: [TreeState<Layer> | null, TreeState<Layer> | null] = [one, other];
	while (left !== right) {
		const isLeftDeeper: boolean = right === null || (left !== null && left.depth >= right.depth);
		const deeper: TreeState<Layer> | null = isLeftDeeper ? left : right;
		if (deeper === null) break;
		states.push(deeper);
		if (isLeftDeeper) left = deeper.parent;
		else right = deeper.parent;
	}
	return states;
}
