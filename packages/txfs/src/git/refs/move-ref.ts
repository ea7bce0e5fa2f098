import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { RetakeError } from "@retake/base";
import { flushDirectory } from "../../disk/flush-directory.ts";
import type { WritableRepository } from "../writable-repository.ts";
import { packedRefs, readRef } from "./read-ref.ts";
import { inTheWay, makeRefParents, removeEmptyDirectories } from "./ref-directories.ts";
import { RefLock, refuseLocked } from "./ref-lock.ts";
import { logRef, type RefMove } from "./reflog.ts";

/** Throws `STORE_BUSY` where another process has the ref locked, `USAGE` where another branch's name is in the way. */
export function refuseUnmovable(common: string, ref: string): void {
	refuseLocked(common, ref);
	refuseNested(common, ref);
}

/**
 * Moves a ref in one step, durably, and tells whether it did: false where it no longer had the value it was to move from. Locks
 * as git does, and writes the reflog as git does. Throws `STORE_BUSY` for a locked ref, `USAGE` where another branch's name is in the way,
 * `COMMIT_PENDING` where the ref moved and could not be flushed.
 */
export function moveRef(repository: WritableRepository, ref: string, move: RefMove): boolean {
	const { common } = repository;
	refuseUnmovable(common, ref);
	const path = join(common, ref);
	makeRefParents(common, ref);
	using lock = RefLock.take(common, ref);
	if (readRef(common, ref) !== move.from) return false;
	refuseNested(common, ref);
	removeEmptyDirectories(path);
	lock.write(`${move.to}\n`);
	logRef(repository, ref, move);
	lock.publish();
	try {
		flushDirectory(dirname(path));
	} catch (cause) {
		throw unflushed(ref, move.to, cause);
	}
	return true;
}

function refuseNested(common: string, ref: string): void {
	const parts = ref.split("/");
	for (let count = 3; count < parts.length; count++) {
		const above = parts.slice(0, count).join("/");
		if (statSync(join(common, above), { throwIfNoEntry: false })?.isFile()) throw inTheWay(ref, above);
	}
	const path = join(common, ref);
	if (statSync(path, { throwIfNoEntry: false })?.isDirectory() && !removeEmptyDirectories(path))
		throw inTheWay(ref, `${ref}/…`);
	for (const other of packedRefs(common).keys()) {
		if (other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`)) throw inTheWay(ref, other);
	}
}

/** The ref has moved and everybody sees it: that it failed would not be true, and that it is done would promise too much. */
function unflushed(ref: string, oid: string, cause: unknown): RetakeError {
	return new RetakeError("COMMIT_PENDING", `${ref} is at ${oid}, but nobody knows whether that survives a power cut`, {
		cause,
		remedy: "look at the disk, for example in `dmesg`, and commit again: what is there already is not made twice",
		data: { ref, oid },
	});
}
