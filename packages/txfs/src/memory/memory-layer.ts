import { createHash } from "node:crypto";
import type { BlobId } from "@retake/base";
import {
	ancestorsOf,
	type Blobs,
	baseName,
	type Changeset,
	createAttributes,
	createChangeset,
	type GroupedAttributes,
	parentOf,
	type TreeAttributes,
	type TreeNode,
	type TreePath,
	type TreeReader,
	walkTree,
} from "@retake/changeset";
import type { Frozen, OpenLayer } from "../transaction/layered-transaction.ts";
import type { FrozenLayer } from "../transaction/tree-state.ts";
import type { RefusedPath, WritableLayer } from "../transaction.ts";
import { ChangedTree } from "../tree/changed-tree.ts";
import { notDirectory } from "../tree/not-directory.ts";
import { refusalOf } from "../tree/refusal.ts";
import { StepChanges } from "../tree/step-changes.ts";

/**
 * A layer that never touches a disk: what became of each path is kept as nodes, and the bytes written under their hash. Only the
 * contents that are there at the end of the step reach the blob store.
 */
export class MemoryLayer implements OpenLayer<FrozenLayer>, WritableLayer {
	readonly mount = null;
	readonly #below: TreeReader;
	readonly #blobs: Blobs;
	readonly #contents = new Map<BlobId, Uint8Array>();
	readonly #touched = new Set<TreePath>();
	readonly #attributes = new Map<TreePath, GroupedAttributes>();
	#applied = 0;
	readonly #changes = new StepChanges();
	readonly #tree: ChangedTree;

	constructor(below: TreeReader, blobs: Blobs) {
		this.#below = below;
		this.#blobs = blobs;
		this.#tree = new ChangedTree(below, this.#changes, blobs);
	}

	get writable(): WritableLayer {
		return this;
	}

	writeFile(path: TreePath, bytes: Iterable<Uint8Array>, mode: number): void {
		const { content, size } = this.#keep(bytes);
		this.#put(path, { kind: "file", mode: mode & 0o777, size, content });
	}

	apply(changeset: Changeset, attributes?: TreeAttributes): void {
		for (const { path, now } of changeset.changes) {
			if (now === null) this.#remove(path);
			else this.#put(path, now);
		}
		const applied = this.#applied++;
		for (const entry of attributes?.entries ?? []) {
			const linkGroup = entry.linkGroup === null ? null : `${applied} ${entry.linkGroup}`;
			this.#attributes.set(entry.path, { ...entry, linkGroup });
		}
	}

	async freeze(): Promise<Frozen<FrozenLayer>> {
		const refused = new Map<TreePath, RefusedPath>();
		const changes = [];
		for (const path of this.#touched) {
			const refusal = refusedOnTheWayTo(path);
			const now = this.#changes.get(path) ?? null;
			if (refusal !== null) refused.set(refusal.path, refusal);
			else changes.push({ path, was: this.#below.lookup(path), now });
		}
		const changeset = createChangeset(changes);
		for (const { now } of changeset.changes) if (now?.kind === "file") this.#publish(now.content);
		return { changeset, attributes: this.#frozenAttributes(), refused: [...refused.values()], layer: null };
	}

	drop(): void {
		this.#contents.clear();
	}

	#frozenAttributes(): TreeAttributes {
		const entries = [...this.#attributes.values()];
		return createAttributes(
			entries.filter(({ path }) => refusedOnTheWayTo(path) === null && this.#tree.lookup(path) !== null),
		);
	}

	#keep(bytes: Iterable<Uint8Array>): { readonly content: BlobId; readonly size: number } {
		const hasher = createHash("sha256");
		const chunks: Uint8Array[] = [];
		for (const chunk of bytes) {
			hasher.update(chunk);
			chunks.push(chunk);
		}
		const content = hasher.digest("hex") as BlobId;
		// Always a copy: the caller may go on writing to a chunk.
		const whole = Buffer.concat(chunks);
		this.#contents.set(content, whole);
		return { content, size: whole.length };
	}

	#publish(content: BlobId): void {
		// Contents that came with an applied changeset are in the blob store already.
		const bytes = this.#contents.get(content);
		if (bytes !== undefined) this.#blobs.write(bytes);
	}

	#put(path: TreePath, node: TreeNode): void {
		this.#makeParents(path);
		if (node.kind !== "directory") this.#removeBeneath(path);
		this.#set([{ path, now: node }]);
	}

	#remove(path: TreePath): void {
		if (this.#tree.lookup(path) === null) return;
		this.#removeBeneath(path);
		this.#set([{ path, now: null }]);
	}

	#removeBeneath(path: TreePath): void {
		if (this.#tree.lookup(path)?.kind !== "directory") return;
		this.#set(Array.from(walkTree(this.#tree, path), (place) => ({ path: place.path, now: null })));
	}

	#makeParents(path: TreePath): void {
		const missing: { path: TreePath; now: TreeNode }[] = [];
		for (const parent of ancestorsOf(path)) {
			const found = this.#tree.lookup(parent);
			if (found?.kind === "directory") break;
			if (found !== null) throw notDirectory(parent);
			missing.push({ path: parent, now: { kind: "directory", mode: 0o755 } });
		}
		this.#set(missing);
	}

	#set(changes: readonly { readonly path: TreePath; readonly now: TreeNode | null }[]): void {
		for (const { path, now } of changes) {
			this.#touched.add(path);
			this.#attributes.delete(path);
			this.#changes.set(path, now);
		}
	}
}

function refusedOnTheWayTo(path: TreePath): RefusedPath | null {
	for (const at of [...ancestorsOf(path)].reverse().concat(path)) {
		const reason = refusalOf(parentOf(at), baseName(at));
		if (reason !== null) return { path: at, reason };
	}
	return null;
}
