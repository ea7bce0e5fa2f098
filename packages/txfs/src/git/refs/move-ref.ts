import { closeSync, constants, existsSync, fsyncSync, openSync, renameSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";
import { flushDirectory } from "../../disk/flush-directory.ts";
import { writeAll } from "../../disk/write-all.ts";
import { adoptFile } from "../shared-permissions.ts";
import type { WritableRepository } from "../writable-repository.ts";
import { packedRefs, readRef } from "./read-ref.ts";
import { inTheWay, makeRefParents, removeEmptyDirectories } from "./ref-directories.ts";
import { logRef, type RefMove } from "./reflog.ts";

/** Throws `STORE_BUSY` where another process has the ref locked, `USAGE` where another branch's name is in the way. */
export function refuseUnmovable(common: string, ref: string): void {
	if (existsSync(join(common, `${ref}.lock`))) throw locked(ref);
	refuseNested(common, ref);
}

/**
 * Moves a ref in one step, durably, and tells whether it did: false where it no longer had the value it was to move from. Locks
 * as git does, and writes the reflog as git does. Throws `STORE_BUSY` for a locked ref, `USAGE` where another branch's name is in the way.
 */
export function moveRef(repository: WritableRepository, ref: string, move: RefMove): boolean {
	const { common } = repository;
	refuseUnmovable(common, ref);
	const path = join(common, ref);
	const lock = `${path}.lock`;
	makeRefParents(common, ref);
	const descriptor = openLock(lock, ref);
	let isDone = false;
	try {
		try {
			if (readRef(common, ref) !== move.from) return false;
			refuseNested(common, ref);
			removeEmptyDirectories(path);
			writeAll(descriptor, Buffer.from(`${move.to}\n`), 0);
			adoptFile(descriptor, dirname(path), 0o644);
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
		logRef(repository, ref, move);
		renameSync(lock, path);
		isDone = true;
	} finally {
		if (!isDone) unlinkSync(lock);
	}
	flushDirectory(dirname(path));
	return true;
}

function openLock(lock: string, ref: string): number {
	try {
		return openSync(lock, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
	} catch (error) {
		if (isSystemCallError(error, "EEXIST")) throw locked(ref);
		throw error;
	}
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

function locked(ref: string): RetakeError {
	return new RetakeError("STORE_BUSY", `another process has ${ref} locked`, {
		remedy: `wait until it ends; where none runs any more, remove ${ref}.lock from the git directory`,
		data: { ref },
	});
}
