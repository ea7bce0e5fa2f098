import { constants, fchmodSync } from "node:fs";
import { baseName, type Change, parentOf, rawTextToBytes, type TreePath, treePathToBytes } from "@retake/changeset";
import {
	exchangeAt,
	fileStatus,
	fileStatusAt,
	isSystemCallError,
	makeDirectoryAt,
	type OpenDescriptor,
	removeDirectoryAt,
	renameNoReplaceAt,
} from "@retake/linux";
import { observeName } from "./observe.ts";
import { openWithin } from "./open-within.ts";
import { isSameNode } from "./same-node.ts";
import { inheritOwner } from "./state-directory.ts";

const openDirectoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;
// Each loop below is lost only to another process that renames at the same path in the same microseconds.
const attemptsMax = 1000;

/** Where a change is put in place: the root of the tree, the slots of its journal entry, and the number of its slot. */
export interface SettlePlace {
	readonly root: number;
	readonly slots: number;
	readonly slot: string;
}

/** How putting a change in place went: `vanished` where what it replaces was gone already. */
export type Settled = "settled" | "vanished" | "left-in-place";

/** Moves what stands at a path into the change's slot. Done already where the slot is taken or nothing is there. */
export function takeOut(place: SettlePlace, path: TreePath): void {
	if (fileStatusAt(place.slots, place.slot) !== null) return;
	try {
		using parent = openParent(place.root, path);
		renameNoReplaceAt(parent.descriptor, nameBytes(path), place.slots, place.slot);
	} catch (error) {
		if (!isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
	}
}

/** Removes an empty directory. One that is not empty, or no directory any more, is left where it is. */
export function removeDirectory(place: SettlePlace, path: TreePath): Settled {
	try {
		using parent = openParent(place.root, path);
		removeDirectoryAt(parent.descriptor, nameBytes(path));
		return "settled";
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ELOOP")) return "settled";
		if (isSystemCallError(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) return "left-in-place";
		throw error;
	}
}

/** Makes a directory, or opens to its owner the one that is there; its own mode comes last. Anything else there goes to the slot. */
export function makeDirectory(place: SettlePlace, path: TreePath): void {
	using parent = openOrMakeParent(place.root, path);
	for (let attempt = 0; ; attempt++) {
		try {
			makeDirectoryAt(parent.descriptor, nameBytes(path), 0o700);
			using made = openWithin(parent.descriptor, nameBytes(path), openDirectoryFlags);
			inheritOwner(parent.descriptor, made.descriptor);
			return;
		} catch (error) {
			if (!isSystemCallError(error, "EEXIST") || attempt === attemptsMax) throw error;
		}
		if (fileStatusAt(parent.descriptor, nameBytes(path))?.kind === "directory") {
			setDirectoryMode(place, path, 0o700, "add");
			return;
		}
		takeOut(place, path);
	}
}

/** Sets a directory's nine permission bits, or adds to them; the setgid and sticky bits stay as they are. */
export function setDirectoryMode(place: SettlePlace, path: TreePath, mode: number, how: "set" | "add"): void {
	using directory = openWithin(place.root, treePathToBytes(path), openDirectoryFlags);
	const current = fileStatus(directory.descriptor).mode;
	const wanted = how === "add" ? current | mode : (current & 0o7000) | mode;
	if (wanted !== current) fchmodSync(directory.descriptor, wanted);
}

/**
 * Swaps the staged file or link in the change's slot with what stands at its path, so that whatever stood there is kept in
 * the slot, also where it is not what was expected. Done already where the slot no longer holds what is wanted.
 */
export function placeContent(place: SettlePlace, change: Change): Settled {
	const staged = observeName(place.slots, place.slot)?.node ?? null;
	if (!isSameNode(staged, change.now)) return "settled";
	using parent = openOrMakeParent(place.root, change.path);
	const name = nameBytes(change.path);
	let expectsNothing = change.was === null;
	for (let attempt = 0; ; attempt++) {
		try {
			if (expectsNothing) renameNoReplaceAt(place.slots, place.slot, parent.descriptor, name);
			else exchangeAt(place.slots, place.slot, parent.descriptor, name);
			return expectsNothing && change.was !== null ? "vanished" : "settled";
		} catch (error) {
			if (!isSystemCallError(error, "EEXIST", "ENOENT") || attempt === attemptsMax) throw error;
			expectsNothing = error.code === "ENOENT";
		}
	}
}

function openParent(root: number, path: TreePath): OpenDescriptor {
	const parent = parentOf(path);
	return openWithin(root, parent === null ? "." : treePathToBytes(parent), openDirectoryFlags);
}

/** Opens the directory that holds a path; one that somebody removed after the commit point is made again. */
function openOrMakeParent(root: number, path: TreePath): OpenDescriptor {
	try {
		return openParent(root, path);
	} catch (error) {
		const parent = parentOf(path);
		if (parent === null || !isSystemCallError(error, "ENOENT")) throw error;
		{
			using above = openOrMakeParent(root, parent);
			makeDirectoryAt(above.descriptor, nameBytes(parent), 0o755);
			using made = openWithin(above.descriptor, nameBytes(parent), openDirectoryFlags);
			inheritOwner(above.descriptor, made.descriptor);
		}
		return openParent(root, path);
	}
}

function nameBytes(path: TreePath): Uint8Array {
	return rawTextToBytes(baseName(path)) ?? treePathToBytes(path);
}
