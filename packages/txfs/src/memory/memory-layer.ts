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
import { Volume } from "memfs";
import type { Frozen, OpenLayer } from "../transaction/layered-transaction.ts";
import type { FrozenLayer } from "../transaction/tree-state.ts";
import type { RefusedPath, WritableLayer } from "../transaction.ts";
import { ChangeIndex } from "../tree/change-index.ts";
import { ChangedTree } from "../tree/changed-tree.ts";
import { notDirectory } from "../tree/not-directory.ts";
import { refusalOf } from "../tree/refusal.ts";

/**
 * A layer that never touches a disk: what became of each path is kept as nodes, and the bytes written lie in a memfs volume
 * under their hash. Only the contents that are there at the end of the step reach the blob store.
 */
export class MemoryLayer implements OpenLayer<FrozenLayer>, WritableLayer {
	readonly mount = null;
	readonly #below: TreeReader;
	readonly #blobs: Blobs;
	readonly #volume = new Volume();
	readonly #touched = new Set<TreePath>();
	readonly #attributes = new Map<TreePath, GroupedAttributes>();
	#applied = 0;
	#index = ChangeIndex.empty;
	#tree: ChangedTree;

	constructor(below: TreeReader, blobs: Blobs) {
		this.#below = below;
		this.#blobs = blobs;
		this.#tree = new ChangedTree(below, this.#index, blobs);
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

	freeze(): Frozen<FrozenLayer> {
		const refused = new Map<TreePath, RefusedPath>();
		const changes = [];
		for (const path of this.#touched) {
			const refusal = refusedOnTheWayTo(path);
			const now = this.#index.get(path) ?? null;
			if (refusal !== null) refused.set(refusal.path, refusal);
			else changes.push({ path, was: this.#below.lookup(path), now });
		}
		const changeset = createChangeset(changes);
		for (const { now } of changeset.changes) if (now?.kind === "file") this.#publish(now.content);
		return { changeset, attributes: this.#frozenAttributes(), refused: [...refused.values()], layer: null };
	}

	drop(): void {
		this.#volume.reset();
	}

	#frozenAttributes(): TreeAttributes {
		const entries = [...this.#attributes.values()];
		return createAttributes(
			entries.filter(({ path }) => refusedOnTheWayTo(path) === null && this.#tree.lookup(path) !== null),
		);
	}

	#keep(bytes: Iterable<Uint8Array>): { readonly content: BlobId; readonly size: number } {
		const hasher = createHash("sha256");
		let size = 0;
		this.#volume.writeFileSync("/staged", "");
		for (const chunk of bytes) {
			hasher.update(chunk);
			size += chunk.length;
			this.#volume.appendFileSync("/staged", Buffer.from(chunk));
		}
		const content = hasher.digest("hex") as BlobId;
		this.#volume.renameSync("/staged", `/${content}`);
		return { content, size };
	}

	#publish(content: BlobId): void {
		// Contents that came with an applied changeset are in the blob store already.
		if (this.#volume.existsSync(`/${content}`)) this.#blobs.write(this.#volume.readFileSync(`/${content}`) as Buffer);
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
		for (const { path } of changes) {
			this.#touched.add(path);
			this.#attributes.delete(path);
		}
		this.#index = this.#index.with(changes.map((change) => ({ ...change, was: null })));
		this.#tree = new ChangedTree(this.#below, this.#index, this.#blobs);
	}
}

function refusedOnTheWayTo(path: TreePath): RefusedPath | null {
	for (const at of [...ancestorsOf(path)].reverse().concat(path)) {
		const reason = refusalOf(parentOf(at), baseName(at));
		if (reason !== null) return { path: at, reason };
	}
	return null;
}
