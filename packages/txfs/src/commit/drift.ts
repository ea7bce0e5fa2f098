import { accessSync, constants, readdirSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type Change, parentOf, rawTextFromBytes, type TreePath, treePathToBytes } from "@retake/changeset";
import { fileStatus, OpenDescriptor, openBeneath } from "@retake/linux";
import type { CommitConflict } from "./commit-outcome.ts";
import { observe, openPlace, representable } from "./observe.ts";
import { isSameNode } from "./same-node.ts";

/** How a live tree stands to a list of changes. */
export interface Drift {
	readonly conflicts: readonly CommitConflict[];
	/** The changes whose result is not there yet. */
	readonly remaining: readonly Change[];
}

/**
 * Compares a live tree with what changes expect of it. A path that already is as wanted is no conflict. Throws `TREE_REFUSED`
 * where a device, fifo or socket stands at a path, `COMMIT_FAILED` where a directory is a mount of another file system.
 */
export function findDrift(root: OpenDescriptor, changes: readonly Change[]): Drift {
	const wanted = new Map(changes.map((change) => [change.path, change]));
	const conflicts: CommitConflict[] = [];
	const remaining: Change[] = [];
	const parents = new Set<TreePath | null>();
	for (const change of changes) {
		const found = observe(root.descriptor, change.path)?.node ?? null;
		if (found?.kind === "other") throw refusedKind(change.path, found.description);
		if (isSameNode(found, change.now)) continue;
		remaining.push(change);
		if (!isSameNode(found, change.was)) {
			conflicts.push({ path: change.path, was: change.was, wanted: change.now, found });
		} else if (change.was?.kind === "directory" && change.now?.kind !== "directory") {
			conflicts.push(...findStrangers(root, change.path, wanted));
		}
		parents.add(parentOf(change.path));
	}
	for (const parent of parents) {
		const conflict = checkParent(root, parent, wanted);
		if (conflict !== null) conflicts.push(conflict);
	}
	return { conflicts, remaining };
}

/** Finds what a directory that is to go holds besides what the changes take out of it. */
function findStrangers(
	root: OpenDescriptor,
	path: TreePath,
	wanted: ReadonlyMap<TreePath, Change>,
): readonly CommitConflict[] {
	using directory = new OpenDescriptor(openBeneath(root.descriptor, treePathToBytes(path), constants.O_DIRECTORY));
	const strangers: CommitConflict[] = [];
	for (const name of readdirSync(directory.path, { encoding: "buffer" })) {
		const child = `${path}/${rawTextFromBytes(name)}` as TreePath;
		if (wanted.get(child)?.now === null) continue;
		const found = representable(observe(root.descriptor, child)?.node ?? null);
		strangers.push({ path: child, was: null, wanted: null, found });
	}
	return strangers;
}

/** A directory that the changes need but do not make: the base had it, so the target must. */
function checkParent(
	root: OpenDescriptor,
	path: TreePath | null,
	wanted: ReadonlyMap<TreePath, Change>,
): CommitConflict | null {
	if (path !== null && wanted.has(path)) return null;
	using place = path === null ? openPlace(root.descriptor, ".") : openPlace(root.descriptor, treePathToBytes(path));
	const status = place === null ? null : fileStatus(place.descriptor);
	if (place === null || status?.kind !== "directory") {
		if (path === null) return null;
		const expected = { kind: "directory", mode: 0o755 } as const;
		const found = representable(observe(root.descriptor, path)?.node ?? null);
		return { path, was: expected, wanted: expected, found };
	}
	if (status.dev !== fileStatus(root.descriptor).dev) {
		throw new RetakeError("COMMIT_FAILED", `${path} is a mount of another file system, which no rename can reach`, {
			remedy: "commit to a branch with --commit branch:NAME, or unmount it",
			data: { path },
		});
	}
	accessSync(place.path, constants.W_OK | constants.X_OK);
	return null;
}

function refusedKind(path: TreePath, description: string): RetakeError {
	return new RetakeError("TREE_REFUSED", `the target has a ${description} at ${path}`, {
		remedy: "move it away and commit again",
		data: { path, description },
	});
}
