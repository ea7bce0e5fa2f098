import type { AttributedChanges, Changeset, TreeAttributes, TreePath, TreeReader } from "@retake/changeset";
import type { FileSystem } from "./file-system/view-volume.ts";

/** The writable layer of one step. Paths are checked by the caller; parents are made as needed; links are never followed. */
export interface WritableLayer {
	/** Puts a node in place of whatever is at the path, file contents from `bytes`. */
	writeFile(path: TreePath, bytes: Iterable<Uint8Array>, mode: number): void;
	/** Applies a changeset whose `was` has already been checked, and attributes; contents come from the blob store. */
	apply(changeset: Changeset, attributes?: TreeAttributes): void;
	/** Where a sandbox mounts the step's tree from; null in a backend that cannot be mounted. */
	readonly mount: LayerMount | null;
}

/** What a sandbox mounts as the tree of a step: an overlay, or a plain directory that it binds. */
export type LayerMount = OverlayMount | DirectoryMount;

/** An overlay mount: directories under the layers' space or the store's `trees`. */
export interface OverlayMount {
	readonly kind: "overlay";
	/** Read-only layers, uppermost first. */
	readonly lowers: readonly string[];
	readonly upper: string;
	readonly work: string;
}

/** A directory under the layers' space that holds the whole tree. */
export interface DirectoryMount {
	readonly kind: "directory";
	readonly directory: string;
}

/**
 * What a step returned and what it did to the files. `attributes` has an entry for each path that the step's layer holds,
 * also for one that was only touched and is in no change.
 */
export interface StepResult<Value> extends AttributedChanges {
	readonly value: Value;
	/** What the step left in its layer that no changeset takes, in the order in which it was met. */
	readonly refused: readonly RefusedPath[];
}

/** Something that a step did and that is not part of its changeset. */
export interface RefusedPath {
	readonly path: TreePath;
	/**
	 * `git-directory`: the path, with all beneath it, is what some file system takes for `.git`; `own-directory`: it is
	 * `.retake` at the root; `set-id-bit`: the file is captured without its setuid or setgid bit;
	 * `extended-attribute`: it is captured without an access list or another attribute that is not of the namespace `user`.
	 */
	readonly reason: "git-directory" | "own-directory" | "set-id-bit" | "extended-attribute";
}

/** A point in a transaction to which it can return. */
export interface Savepoint {
	readonly kind: "savepoint";
	/** How many steps were made before it. */
	readonly depth: number;
}

/**
 * A copy-on-write view of a snapshot: a stack of read-only layers and, during a step, one writable layer on top.
 * A step is a layer is a changeset. Reads see every finished step. At most one step runs at a time.
 */
export interface Transaction extends TreeReader, AsyncDisposable {
	readonly backend: "overlay" | "memory" | "copy";
	/**
	 * Runs `body` on a fresh layer, captures what it changed and freezes the layer. Throws `TREE_REFUSED` and drops
	 * the layer where it holds what a changeset cannot represent; drops it and rethrows where `body` throws.
	 */
	step<Value>(body: (layer: WritableLayer) => Promise<Value>): Promise<StepResult<Value>>;
	/**
	 * The tree in the shape of `node:fs`: callbacks, sync, `promises`, streams, Node's own errors. Reads see every finished step and
	 * what was written here. Writes are gathered in memory until `flush` makes them one step; `step` flushes first, and while it
	 * runs writing fails with `EBUSY`. What no changeset takes, `.git` above all, lives as long as this object and is in no step.
	 */
	readonly fs: FileSystem;
	/** Makes what was written through `fs` one step; null where nothing was. `savepoint`, `fork` and `changes` throw `USAGE` until then. */
	flush(): Promise<StepResult<null> | null>;
	savepoint(): Savepoint;
	/** Drops every step made after the savepoint. Throws `USAGE` for a savepoint of another transaction or a later state. */
	rollbackTo(savepoint: Savepoint): void;
	/** Opens another transaction on the same stack, as of the savepoint or now. Its cost does not depend on the tree's size. */
	fork(savepoint?: Savepoint): Transaction;
	/** Returns all steps composed: what differs from the snapshot. */
	changes(): Changeset;
	/** Returns the attributes of all steps composed: what is known of the paths that any of them touched. */
	attributes(): TreeAttributes;
	/** Drops every layer. Disposal does the same. */
	rollback(): void;
}
