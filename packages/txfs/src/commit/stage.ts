import { createHash } from "node:crypto";
import { constants, fchmodSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type BlobReader, type Change, type FileNode, rawTextToBytes } from "@retake/changeset";
import { changeOwnerAt, makeSymlinkAt, OpenDescriptor, openBeneath } from "@retake/linux";
import { writeAll } from "../disk/write-all.ts";
import type { Durability } from "./durability.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Owner } from "./owner.ts";

/** Puts what each change wants into its slot, with its mode and owner, ready to be renamed into the tree. */
export function stageContents(
	entry: JournalEntry,
	changes: readonly Change[],
	blobs: BlobReader,
	ownerOf: (change: Change) => Owner | null,
	durability: Durability,
): void {
	for (const [index, change] of changes.entries()) {
		const slots = entry.contents.descriptor;
		if (change.now?.kind === "file") stageFile(slots, index, change.now, blobs, ownerOf(change), durability);
		if (change.now?.kind === "symlink") {
			const target = rawTextToBytes(change.now.target);
			if (target === null) throw new RetakeError("TREE_REFUSED", `the target of ${change.path} spells no bytes`);
			makeSymlinkAt(target, slots, String(index));
			const owner = ownerOf(change);
			if (owner !== null) changeOwnerAt(slots, String(index), owner.uid, owner.gid);
		}
	}
}

function stageFile(
	slots: number,
	index: number,
	node: FileNode,
	blobs: BlobReader,
	owner: Owner | null,
	durability: Durability,
): void {
	const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
	using file = new OpenDescriptor(openBeneath(slots, String(index), flags, 0o600));
	const hasher = createHash("sha256");
	let written = 0;
	for (const chunk of blobs.chunks(node.content)) {
		hasher.update(chunk);
		writeAll(file.descriptor, chunk, written);
		written += chunk.length;
	}
	if (hasher.digest("hex") !== node.content) {
		throw new RetakeError("STORE_DAMAGED", `the store's bytes for ${node.content} have another hash`, {
			remedy: "run `retake doctor`; the content cannot be committed",
			data: { blob: node.content },
		});
	}
	if (owner !== null) changeOwnerAt(file.descriptor, "", owner.uid, owner.gid);
	fchmodSync(file.descriptor, node.mode);
	durability.written(file.descriptor);
}
