import { isRetakeError } from "@retake/base";
import type { BlobWriter } from "@retake/changeset";
import { type Change, type Changeset, createChangeset, type TreePath } from "@retake/changeset";
import type { WritableLayer } from "@retake/txfs";
import type { DirectoryOracle } from "./directory-oracle.ts";
import type { TreeOperation, TreeWrite } from "./tree-write.ts";

/** Does an operation both to a layer and to the oracle, and throws where only one of them could. */
export function perform(
	operation: TreeOperation,
	layer: WritableLayer,
	oracle: DirectoryOracle,
	blobs: BlobWriter,
): void {
	for (const write of operation.writes) {
		const before = oracle.list();
		const isDone = oracle.write(write);
		const isTaken = writeTo(layer, write, before, blobs);
		// Deleting beneath what is no directory is no deletion, and nobody minds.
		if (isDone !== isTaken && write.kind !== "remove") {
			throw new Error(
				`${operation.name}: the directory ${isDone ? "took" : "refused"} what the layer ${isTaken ? "took" : "refused"}`,
			);
		}
	}
}

function writeTo(
	layer: WritableLayer,
	write: TreeWrite,
	before: ReadonlyMap<string, string>,
	blobs: BlobWriter,
): boolean {
	try {
		if (write.kind === "file") layer.writeFile(write.path as TreePath, [Buffer.from(write.text)], write.mode);
		else layer.apply(changesetOf(write, before, blobs));
		return true;
	} catch (error) {
		if (isRetakeError(error, "PATH_REFUSED")) return false;
		throw error;
	}
}

function changesetOf(
	write: Exclude<TreeWrite, { kind: "file" }>,
	before: ReadonlyMap<string, string>,
	blobs: BlobWriter,
): Changeset {
	const path = write.path as TreePath;
	// A layer takes what a changeset says is there now; what was there has been checked by others, so any other node will do.
	const was = { kind: "file", mode: 0o1, size: 0, content: blobs.write(new Uint8Array()) } as const;
	if (write.kind === "directory") return createChangeset([{ path, was, now: { kind: "directory", mode: write.mode } }]);
	const gone: Change[] = [...before.keys()]
		.filter((other) => other.startsWith(`${path}/`))
		.map((other) => ({ path: other as TreePath, was, now: null }));
	return createChangeset([
		{ path, was, now: write.kind === "remove" ? null : { kind: "symlink", target: write.target } },
		...gone,
	]);
}
