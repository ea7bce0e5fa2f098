import { RetakeError } from "@retake/base";
import {
	baseName,
	type Change,
	type ExtendedAttribute,
	parentOf,
	printablePath,
	type TreeAttributes,
	type TreePath,
	treePathToBytes,
} from "@retake/changeset";
import {
	type FileStatus,
	fileStatusAt,
	isSystemCallError,
	type NameBytes,
	O_PATH,
	type OpenDescriptor,
	setModifiedTimeAt,
} from "@retake/linux";
import { readXattrs } from "../attributes/read-xattrs.ts";
import { replaceXattrs } from "../attributes/write-xattrs.ts";
import { isBoundByModes } from "../disk/access.ts";
import { placePath } from "../disk/place-path.ts";
import { toNameBytes } from "../tree/name-bytes.ts";
import { openWithin } from "./open-within.ts";

/** Attributes that are set where a path stands, since no slot holds it: directories, and files whose content stays. */
export interface Reattribution {
	readonly path: TreePath;
	readonly xattrs: readonly ExtendedAttribute[];
	/** Null where the time is left to the commit. */
	readonly mtimeNs: bigint | null;
}

/** Lists what a commit has to set in place: what its slots do not bring and the tree does not have. Throws `WORKSPACE_READ_ONLY`. */
export function listReattributions(
	root: OpenDescriptor,
	changes: readonly Change[],
	attributes: TreeAttributes,
	times: "now" | "kept",
): readonly Reattribution[] {
	const byPath = new Map(changes.map((change) => [change.path, change]));
	return attributes.entries.flatMap(({ path, xattrs, mtimeNs }) => {
		const change = byPath.get(path);
		if (change !== undefined && change.now?.kind !== "directory") return [];
		const wanted = { path, xattrs, mtimeNs: times === "kept" ? mtimeNs : null };
		const isThere = atPlace(root, path, (directory, name, status) => {
			const isDone = isAlike(directory, name, status, wanted);
			if (!isDone) requireWritable(path, status);
			return isDone;
		});
		// One that is still to be made has none.
		if (isThere === null) return change !== undefined && (xattrs.length > 0 || times === "kept") ? [wanted] : [];
		return isThere ? [] : [wanted];
	});
}

/** Sets attributes where their paths stand, deepest first; one that is gone is passed over. May be done again. */
export function reattribute(root: OpenDescriptor, list: readonly Reattribution[]): void {
	for (const { path, xattrs, mtimeNs } of list.toReversed()) {
		atPlace(root, path, (directory, name, status) => {
			if (status.kind !== "symlink") replaceXattrs(placePath(directory, name), xattrs);
			if (mtimeNs !== null) setModifiedTimeAt(directory, name, mtimeNs);
		});
	}
}

/** Attributes are set after the commit point: what would refuse them then is refused before. */
function requireWritable(path: TreePath, status: FileStatus): void {
	const isOwn = !isBoundByModes() || (status.uid === process.geteuid?.() && (status.mode & 0o200) !== 0);
	if (isOwn && !status.isImmutable) return;
	throw new RetakeError("WORKSPACE_READ_ONLY", `the attributes of ${printablePath(path)} cannot be set in the target`, {
		remedy: "make it writable for this user, or commit to a branch with branch:NAME",
		data: { path },
	});
}

function isAlike(directory: number, name: NameBytes, status: FileStatus, wanted: Reattribution): boolean {
	if (wanted.mtimeNs !== null && wanted.mtimeNs !== status.mtimeNs) return false;
	if (status.kind === "symlink") return true;
	const { kept } = readXattrs(directory, name, status);
	return (
		kept.length === wanted.xattrs.length &&
		kept.every((each, index) => {
			const other = wanted.xattrs[index];
			return each.name === other?.name && Buffer.compare(each.value, other.value) === 0;
		})
	);
}

/** Does something with what stands at a path, following no link; null where nothing is there. */
function atPlace<Value>(
	root: OpenDescriptor,
	path: TreePath,
	work: (directory: number, name: NameBytes, status: FileStatus) => Value,
): Value | null {
	const parent = parentOf(path);
	try {
		using directory = openWithin(root.descriptor, parent === null ? "." : treePathToBytes(parent), O_PATH);
		const name = toNameBytes(baseName(path));
		const status = fileStatusAt(directory.descriptor, name);
		return status === null ? null : work(directory.descriptor, name, status);
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
		throw error;
	}
}
