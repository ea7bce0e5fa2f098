import type { TreeId } from "@retake/base";
import type { NodeAttributes, TreeEntry, TreeNode, TreePath } from "@retake/changeset";
import { LayerStack } from "../overlay/layer-stack.ts";
import { type SharedName, sharedNames } from "../overlay/shared-names.ts";
import type { Snapshot } from "../snapshot.ts";
import type { SnapshotRecord } from "./snapshot-record.ts";

/** A snapshot as its record describes it. Making one touches no disk; what is where is looked up when it is asked for. */
export class FrozenSnapshot implements Snapshot {
	readonly treeId: TreeId;
	readonly layers: readonly string[];
	readonly fileCount: number;
	readonly byteCount: number;
	readonly #stack: LayerStack;
	#sharedNames: readonly SharedName[] | null = null;

	constructor(record: SnapshotRecord, layers: readonly string[]) {
		this.treeId = record.treeId;
		this.layers = layers;
		this.fileCount = record.fileCount;
		this.byteCount = record.byteCount;
		this.#stack = new LayerStack(layers, new Map(record.trueModes));
	}

	lookup(path: TreePath): TreeNode | null {
		return this.#stack.lookup(path);
	}

	entries(path: TreePath | null): readonly TreeEntry[] {
		return this.#stack.entries(path);
	}

	chunks(path: TreePath): Iterable<Uint8Array> {
		return this.#stack.chunks(path);
	}

	attributesAt(path: TreePath): NodeAttributes | null {
		return this.#stack.attributesAt(path);
	}

	sharedNames(): readonly SharedName[] {
		this.#sharedNames ??= this.layers.flatMap(sharedNames);
		return this.#sharedNames;
	}

	cloneInto(path: TreePath, target: number): boolean {
		return this.#stack.cloneInto(path, target);
	}
}
