import { createHash, type Hash } from "node:crypto";
import { constants, fchmodSync } from "node:fs";
import { RetakeError } from "@retake/base";
import {
	attributesAt,
	type BlobReader,
	baseName,
	type Change,
	type FileNode,
	parentOf,
	rawTextToBytes,
	type SymlinkNode,
	type TreeAttributes,
	type TreeNode,
	type TreePath,
	treePathToBytes,
} from "@retake/changeset";
import {
	changeOwnerAt,
	makeLinkAt,
	makeSymlinkAt,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	setModifiedTimeAt,
} from "@retake/linux";
import { linkLeaders } from "../attributes/link-leaders.ts";
import { writeXattrs } from "../attributes/write-xattrs.ts";
import { placePath } from "../disk/place-path.ts";
import { writeSparse } from "../disk/sparse-file.ts";
import { toNameBytes } from "../tree/name-bytes.ts";
import type { Durability } from "./durability.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { observe, observeName, representable } from "./observe.ts";
import { openWithin } from "./open-within.ts";
import { ownerFor } from "./owner.ts";
import { isSameNode } from "./same-node.ts";

/** What is staged for a commit. */
export interface Staging {
	readonly changes: readonly Change[];
	readonly attributes: TreeAttributes;
	readonly blobs: BlobReader;
	/** Whether files get the time of the commit, as git gives it to them, or the one that they were last written at. */
	readonly times: "now" | "kept";
}

/**
 * Puts what each change wants into its slot, with its mode, owner and attributes, ready to be renamed into the tree. Files that
 * are hard links to one another become so in their slots, those to a file that does not change become links to that.
 */
export function stageContents(
	root: OpenDescriptor,
	entry: JournalEntry,
	staging: Staging,
	durability: Durability,
): void {
	const { changes } = staging;
	const numbers = new Map(changes.map(({ path }, index) => [path, index]));
	const leaders = leadersOf(root, staging, numbers);
	const slots = entry.contents.descriptor;
	for (const [index, { path, now }] of changes.entries()) {
		if (leaders.has(path)) continue;
		const place = { root, slots, slot: String(index), path };
		if (now?.kind === "file") stageFile(place, now, staging, durability);
		if (now?.kind === "symlink") stageSymlink(place, now, staging);
	}
	for (const [path, leader] of leaders) {
		const slot = String(numbers.get(path));
		const number = numbers.get(leader);
		if (number === undefined) linkToLive(root, leader, slots, slot);
		else makeLinkAt(slots, String(number), slots, slot);
	}
}

/** Chooses for each changed path that is to be a hard link what it is linked to: a file that stays, where the group has one. */
function leadersOf(
	root: OpenDescriptor,
	{ changes, attributes }: Staging,
	numbers: ReadonlyMap<TreePath, number>,
): ReadonlyMap<TreePath, TreePath> {
	const groups = new Map<TreePath, TreePath[]>();
	for (const [path, leader] of linkLeaders(attributes, (at) => wantedAt(root, changes, numbers, at))) {
		const group = groups.get(leader) ?? [leader];
		groups.set(leader, [...group, path]);
	}
	const leaders = new Map<TreePath, TreePath>();
	for (const [first, group] of groups) {
		const leader = group.find((path) => !numbers.has(path)) ?? first;
		for (const path of group) if (path !== leader && numbers.has(path)) leaders.set(path, leader);
	}
	return leaders;
}

/**
 * Checks that files in the tree which slots are links to were not written to meanwhile. Throws `TREE_CHANGED`.
 */
export function requireStaged(entry: JournalEntry, { changes, attributes }: Staging): void {
	for (const [index, { path, now }] of changes.entries()) {
		if (now === null || now.kind === "directory" || (attributesAt(attributes, path)?.linkGroup ?? null) === null)
			continue;
		const staged = observeName(entry.contents.descriptor, String(index))?.node ?? null;
		if (isSameNode(staged, now)) continue;
		throw new RetakeError("TREE_CHANGED", `the file that ${path} is to be a hard link to was written to meanwhile`, {
			remedy: "commit again when nobody writes to the tree",
			data: { paths: [path] },
		});
	}
}

function wantedAt(
	root: OpenDescriptor,
	changes: readonly Change[],
	numbers: ReadonlyMap<TreePath, number>,
	path: TreePath,
): TreeNode | null {
	const number = numbers.get(path);
	if (number !== undefined) return changes[number]?.now ?? null;
	return representable(observe(root.descriptor, path)?.node ?? null);
}

/** Where something is staged, and what for. */
interface SlotPlace {
	readonly root: OpenDescriptor;
	readonly slots: number;
	readonly slot: string;
	readonly path: TreePath;
}

function stageFile(place: SlotPlace, node: FileNode, staging: Staging, durability: Durability): void {
	const { slots, slot } = place;
	const known = attributesAt(staging.attributes, place.path);
	const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
	using file = new OpenDescriptor(openBeneath(slots, slot, flags, 0o600));
	const hasher = createHash("sha256");
	writeSparse(file.descriptor, hashed(staging.blobs.chunks(node.content), hasher), known?.extents ?? null);
	if (hasher.digest("hex") !== node.content) {
		throw new RetakeError("STORE_DAMAGED", `the store's bytes for ${node.content} have another hash`, {
			remedy: "run `retake doctor`; the content cannot be committed",
			data: { blob: node.content },
		});
	}
	if (known !== null) writeXattrs(placePath(slots, slot), known.xattrs);
	setOwner(place);
	fchmodSync(file.descriptor, node.mode);
	if (known !== null && staging.times === "kept") setModifiedTimeAt(slots, slot, known.mtimeNs);
	durability.written(file.descriptor);
}

function stageSymlink(place: SlotPlace, node: SymlinkNode, { attributes, times }: Staging): void {
	const target = rawTextToBytes(node.target);
	if (target === null) throw new RetakeError("TREE_REFUSED", `the target of ${place.path} spells no bytes`);
	makeSymlinkAt(target, place.slots, place.slot);
	setOwner(place);
	const known = attributesAt(attributes, place.path);
	if (known !== null && times === "kept") setModifiedTimeAt(place.slots, place.slot, known.mtimeNs);
}

function setOwner({ root, slots, slot, path }: SlotPlace): void {
	const owner = ownerFor(root.descriptor, path);
	if (owner !== null) changeOwnerAt(slots, slot, owner.uid, owner.gid);
}

function linkToLive(root: OpenDescriptor, leader: TreePath, slots: number, slot: string): void {
	const parent = parentOf(leader);
	using directory = openWithin(root.descriptor, parent === null ? "." : treePathToBytes(parent), O_PATH);
	makeLinkAt(directory.descriptor, toNameBytes(baseName(leader)), slots, slot);
}

function* hashed(chunks: Iterable<Uint8Array>, hasher: Hash): Generator<Uint8Array> {
	for (const chunk of chunks) {
		hasher.update(chunk);
		yield chunk;
	}
}
