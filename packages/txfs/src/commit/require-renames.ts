import { constants, fchmodSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type Change, printablePath, type TreePath } from "@retake/changeset";
import {
	exchangeAt,
	fileStatus,
	fileStatusAt,
	isSystemCallError,
	OpenDescriptor,
	openBeneath,
	renameNoReplaceAt,
	unlinkAt,
} from "@retake/linux";

const scratchNames = ["probe-one", "probe-two"] as const;
const scratchMode = 0o640;

/**
 * Tries in a directory, on two empty files that it removes again, what publishing a commit relies on: renames that swap and
 * renames that replace nothing, permissions that are kept, and names that stay apart. Throws `COMMIT_FAILED` where the file
 * system cannot, `TREE_REFUSED` where it takes two of the changed paths for one.
 */
export function requireRenames(directory: OpenDescriptor, changes: readonly Change[]): void {
	const [one, two] = scratchNames;
	try {
		for (const name of scratchNames) makeScratch(directory, name);
		exchangeAt(directory.descriptor, one, directory.descriptor, two);
		if (fileStatusAt(directory.descriptor, one.toUpperCase()) !== null) refuseFolded(changes);
		unlinkAt(directory.descriptor, two);
		renameNoReplaceAt(directory.descriptor, one, directory.descriptor, two);
		unlinkAt(directory.descriptor, two);
	} catch (cause) {
		if (isSystemCallError(cause, "EINVAL", "ENOSYS", "EOPNOTSUPP")) {
			throw unfit("cannot swap two names in one step (RENAME_EXCHANGE)", cause);
		}
		throw cause;
	}
}

function makeScratch(directory: OpenDescriptor, name: string): void {
	const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
	using file = new OpenDescriptor(openBeneath(directory.descriptor, name, flags, 0o600));
	fchmodSync(file.descriptor, scratchMode);
	if ((fileStatus(file.descriptor).mode & 0o777) !== scratchMode) throw unfit("keeps no permissions");
}

function unfit(what: string, cause?: unknown): RetakeError {
	return new RetakeError(
		"COMMIT_FAILED",
		`the target's file system ${what}, so a commit there could not be made safely`,
		{
			cause,
			remedy: "commit to a branch with branch:NAME or to a patch with patch:FILE, and apply that",
		},
	);
}

function refuseFolded(changes: readonly Change[]): void {
	const [pair] = findFoldedPaths(changes.map(({ path }) => path));
	if (pair === undefined) return;
	throw new RetakeError("TREE_REFUSED", `the target takes ${pair.map(printablePath).join(" and ")} for one name`, {
		remedy: "rename one of them, or commit to a branch with branch:NAME",
		data: { paths: pair },
	});
}

/** Finds paths, or directories on the way to them, that differ in nothing but case or in how their letters are composed. */
export function findFoldedPaths(paths: readonly TreePath[]): readonly (readonly [TreePath, TreePath])[] {
	const met = new Map<string, TreePath>();
	const pairs = new Map<string, readonly [TreePath, TreePath]>();
	for (const path of paths) {
		for (let end = path.indexOf("/"); ; end = path.indexOf("/", end + 1)) {
			const part = (end === -1 ? path : path.slice(0, end)) as TreePath;
			const folded = part.normalize("NFD").toLowerCase().normalize("NFD");
			const other = met.get(folded) ?? part;
			met.set(folded, other);
			if (other !== part) pairs.set(folded, [other, part]);
			if (end === -1) break;
		}
	}
	return [...pairs.values()];
}
