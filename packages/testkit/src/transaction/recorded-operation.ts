import { isRetakeError } from "@retake/base";
import { type Blobs, type Change, type Changeset, createChangeset, type TreePath } from "@retake/changeset";
import type { WritableLayer } from "@retake/txfs";
import { DirectoryOracle } from "./directory-oracle.ts";
import type { TreeListing } from "./list-directory.ts";
import { nodeOfLine } from "./tree-of-listing.ts";
import type { TreeOperation, TreeWrite } from "./tree-write.ts";

/** What a layer is asked for, and whether it has to refuse. */
type LayerAction = { readonly isRefused: boolean; readonly do: (layer: WritableLayer) => void };

/** An operation as it went in a plain directory, which is still there, to be gone on from. */
export interface RecordedOperation extends Disposable {
	readonly name: string;
	readonly before: TreeListing;
	readonly after: TreeListing;
	readonly actions: readonly LayerAction[];
	readonly directory: DirectoryOracle;
}

/** Does an operation in a copy of a directory, and writes down what a layer has to do to come to the same. */
export function recordOperation(
	directory: DirectoryOracle,
	before: TreeListing,
	operation: TreeOperation,
	options: { readonly keepsLinks: boolean; readonly blobs: Blobs },
): RecordedOperation {
	const oracle = DirectoryOracle.copyOf(directory.path, options.keepsLinks);
	const actions: LayerAction[] = [];
	let now = before;
	for (const write of operation.writes) {
		const isDone = oracle.write(write);
		const next = oracle.list();
		const action = actionOf(write, isDone, { before: now, after: next }, options.blobs);
		if (action !== null) actions.push(action);
		now = next;
	}
	return {
		name: operation.name,
		before,
		after: now,
		actions,
		directory: oracle,
		[Symbol.dispose]: () => oracle[Symbol.dispose](),
	};
}

/** Does recorded operations to a layer; returns what it refused and should not have, or the reverse, or null. */
export function replayOperations(operations: readonly RecordedOperation[], layer: WritableLayer): string | null {
	for (const { name, actions } of operations) {
		for (const action of actions) {
			let isRefused = false;
			try {
				action.do(layer);
			} catch (error) {
				if (!isRetakeError(error, "PATH_REFUSED")) throw error;
				isRefused = true;
			}
			if (isRefused !== action.isRefused)
				return `${name}: the layer ${isRefused ? "refused" : "took"} what the directory ${isRefused ? "took" : "refused"}`;
		}
	}
	return null;
}

type Listings = { readonly before: TreeListing; readonly after: TreeListing };

function actionOf(write: TreeWrite, isDone: boolean, listings: Listings, blobs: Blobs): LayerAction | null {
	const path = write.path as TreePath;
	switch (write.kind) {
		case "file": {
			const bytes = Buffer.from(write.text);
			return { isRefused: !isDone, do: (layer) => layer.writeFile(path, [bytes], write.mode) };
		}
		case "symlink":
			return applied(changesetTo(path, { kind: "symlink", target: write.target }, listings.before, blobs), !isDone);
		case "directory":
			return applied(
				createChangeset([{ path, was: anything(blobs), now: { kind: "directory", mode: write.mode } }]),
				!isDone,
			);
		case "remove":
			// Deleting beneath what is no directory is no deletion, and nobody minds.
			return applied(changesetTo(path, null, listings.before, blobs), false);
		default:
			return isDone ? applied(difference(listings, blobs), false) : null;
	}
}

function applied(changeset: Changeset, isRefused: boolean): LayerAction {
	return { isRefused, do: (layer) => layer.apply(changeset) };
}

/** A layer takes what a changeset says is there now; what was there has been checked by others, so any other node will do. */
function anything(blobs: Blobs): NonNullable<Change["was"]> {
	return { kind: "file", mode: 0o1, size: 0, content: blobs.write(new Uint8Array()) };
}

function changesetTo(path: TreePath, now: Change["now"], before: TreeListing, blobs: Blobs): Changeset {
	const was = anything(blobs);
	const beneath = [...before.keys()].filter((other) => other.startsWith(`${path}/`));
	const gone: Change[] = beneath.map((other) => ({ path: other as TreePath, was, now: null }));
	return createChangeset([{ path, was, now }, ...gone]);
}

function difference({ before, after }: Listings, blobs: Blobs): Changeset {
	const paths = [...new Set([...before.keys(), ...after.keys()])];
	const node = (line: string | undefined) => (line === undefined ? null : nodeOfLine(line, blobs));
	return createChangeset(
		paths
			.filter((path) => before.get(path) !== after.get(path))
			.map((path) => ({ path: path as TreePath, was: node(before.get(path)), now: node(after.get(path)) })),
	);
}
