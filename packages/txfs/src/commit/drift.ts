import { accessSync, constants, readdirSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type Change, parentOf, rawTextFromBytes, type TreePath, treePathToBytes } from "@retake/changeset";
import { fileStatus, type OpenDescriptor } from "@retake/linux";
import type { CommitConflict } from "./commit-outcome.ts";
import { observe, openPlace, representable } from "./observe.ts";
import { openWithin } from "./open-within.ts";
import { isSameNode } from "./same-node.ts";

/** How a live tree stands to a list of changes. */
export interface Drift {
	readonly conflicts: readonly CommitConflict[];
	/** The changes whose result is not there yet. */
	readonly remaining: readonly Change[];
}

/**
 * Compares a live tree with what changes expect of it. A path that already is as wanted is no conflict. Throws `TREE_REFUSED`
 * where a device, fifo or socket stands at a path, `COMMIT_FAILED` where a mount is in the way, `WORKSPACE_READ_ONLY` for what is
 * marked immutable or belongs to somebody else in a directory where each may move but their own.
 */
export function findDrift(root: OpenDescriptor, changes: readonly Change[]): Drift {
	const wanted = new Map(changes.map((change) => [change.path, change]));
	const conflicts: CommitConflict[] = [];
	const remaining: Change[] = [];
	/** Who owns what is to be replaced or removed in each directory. */
	const owners = new Map<TreePath | null, Set<number>>();
	for (const change of changes) {
		const observed = observe(root.descriptor, change.path);
		const found = observed?.node ?? null;
		if (found?.kind === "other") throw refusedKind(change.path, found.description);
		if (isSameNode(found, change.now)) continue;
		if (observed?.isImmutable) throw immutable(change.path);
		remaining.push(change);
		if (!isSameNode(found, change.was)) {
			conflicts.push({ path: change.path, was: change.was, wanted: change.now, found });
		} else if (change.was?.kind === "directory" && change.now?.kind !== "directory") {
			conflicts.push(...findStrangers(root, change.path, wanted));
		}
		const parent = parentOf(change.path);
		const known = owners.get(parent) ?? new Set();
		owners.set(parent, observed === null ? known : known.add(observed.uid));
	}
	for (const [parent, uids] of owners) {
		const conflict = checkParent(root, parent, wanted, uids);
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
	using directory = openWithin(root.descriptor, treePathToBytes(path), constants.O_DIRECTORY);
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
	uids: ReadonlySet<number>,
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
	if (status.isImmutable) throw immutable(path ?? "its root");
	accessSync(place.path, constants.W_OK | constants.X_OK);
	const user = process.geteuid?.() ?? 0;
	const isSticky = (status.mode & 0o1000) !== 0 && user !== 0 && status.uid !== user;
	if (isSticky && [...uids].some((uid) => uid !== user)) throw sticky(path ?? "its root");
	return null;
}

function immutable(path: string): RetakeError {
	return new RetakeError("WORKSPACE_READ_ONLY", `${path} is marked immutable or append-only in the target`, {
		remedy: "take the mark away with `chattr -i -a`, or commit to a branch with branch:NAME",
		data: { path },
	});
}

function sticky(path: string): RetakeError {
	return new RetakeError("WORKSPACE_READ_ONLY", `in ${path} of the target only its owner may replace another's files`, {
		remedy: "commit as the owner of the files, or to a branch with branch:NAME",
		data: { path },
	});
}

function refusedKind(path: TreePath, description: string): RetakeError {
	return new RetakeError("TREE_REFUSED", `the target has a ${description} at ${path}`, {
		remedy: "move it away and commit again",
		data: { path, description },
	});
}
