import { fsyncSync } from "node:fs";
import { type Change, parentOf, type TreePath } from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import type { DisplacedPath } from "./commit-outcome.ts";
import { keepDisplaced } from "./displaced.ts";
import { Durability } from "./durability.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Manifest } from "./manifest.ts";
import { type Reattribution, reattribute } from "./reattribute.ts";
import {
	makeDirectory,
	placeContent,
	removeDirectory,
	type SettlePlace,
	setDirectoryMode,
	takeOut,
} from "./settle-change.ts";

interface Step {
	readonly change: Change;
	readonly place: SettlePlace;
	readonly depth: number;
}

/**
 * Puts every change of a committed entry in place and closes the entry, durably. May be run again from any point at which
 * it was cut off: whether a change is in place is read off its slot, not off the tree, which others may edit meanwhile.
 * What others put at a path after the check is never lost: it ends in the slot and is kept aside.
 */
export function publish(
	root: OpenDescriptor,
	state: OpenDescriptor,
	entry: JournalEntry,
	{ changes, reattributions }: Pick<Manifest, "changes" | "reattributions">,
): readonly DisplacedPath[] {
	const steps = changes.map((change, index) => ({
		change,
		depth: change.path.split("/").length,
		place: { root: root.descriptor, slots: entry.contents.descriptor, slot: String(index) },
	}));
	const shallowFirst = steps.toSorted((left, right) => left.depth - right.depth);
	const met = [...removeOld(shallowFirst.toReversed()), ...placeNew(shallowFirst)];
	reattribute(root, reattributions);
	setDirectoryModes(shallowFirst.toReversed());
	flushDirectories(root, changes, reattributions);
	met.push(...keepDisplaced(state, entry, changes));
	entry.close();
	fsyncSync(entry.directory.descriptor);
	entry.discard();
	return met;
}

function removeOld(deepFirst: readonly Step[]): DisplacedPath[] {
	const left: DisplacedPath[] = [];
	for (const { change, place } of deepFirst) {
		const { path, was, now } = change;
		if (
			now?.kind === "directory" ? was !== null && was.kind !== "directory" : now === null && was?.kind !== "directory"
		) {
			takeOut(place, path);
		} else if (now === null && removeDirectory(place, path) === "left-in-place") {
			left.push({ path, found: null, keptAt: path });
		}
	}
	return left;
}

function placeNew(shallowFirst: readonly Step[]): DisplacedPath[] {
	const vanished: DisplacedPath[] = [];
	for (const { change, place } of shallowFirst) {
		if (change.now?.kind === "directory") makeDirectory(place, change.path);
	}
	for (const { change, place } of shallowFirst) {
		if (change.now === null || change.now.kind === "directory") continue;
		const settled = placeContent(place, change);
		if (settled === "vanished") vanished.push({ path: change.path, found: null, keptAt: null });
	}
	return vanished;
}

/** Last and from below: a directory that its owner may not write would refuse its own new entries and attributes. */
function setDirectoryModes(deepFirst: readonly Step[]): void {
	for (const { change, place } of deepFirst) {
		if (change.now?.kind === "directory") setDirectoryMode(place, change.path, change.now.mode, "set");
	}
}

function flushDirectories(
	root: OpenDescriptor,
	changes: readonly Change[],
	reattributions: readonly Reattribution[],
): void {
	const touched = new Set<TreePath | null>();
	for (const { path, now } of changes) {
		touched.add(parentOf(path));
		if (now?.kind === "directory") touched.add(path);
	}
	for (const { path, now } of changes) if (now?.kind !== "directory") touched.delete(path);
	// What was set in place is flushed with the whole file system: it may be files as well as directories.
	const durability = new Durability(root, reattributions.length > 0 ? Number.POSITIVE_INFINITY : touched.size);
	for (const path of touched) durability.directory(root.descriptor, path);
	durability.settle();
}
