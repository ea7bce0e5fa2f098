import {
	closeSync,
	constants,
	existsSync,
	fsyncSync,
	lchownSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	statSync,
	unlinkSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";
import { flushDirectory } from "./git-file-system.ts";

/** Checks a branch's name by git's rules and returns the full name of its ref. Throws `USAGE`. */
export function branchRef(branch: string): string {
	// Source: git-check-ref-format(1).
	const isRefused =
		/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$|^@$/.test(branch) ||
		branch === "" ||
		branch === "HEAD" ||
		branch.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"));
	if (!isRefused) return `refs/heads/${branch}`;
	throw new RetakeError("USAGE", `${JSON.stringify(branch)} cannot name a branch`, {
		sort: "misuse",
		remedy: "choose a name that `git check-ref-format --branch` accepts, such as retake/fix",
	});
}

/** Returns the object id that a ref holds, loose or packed, or null where there is none. Throws `USAGE` for a symbolic one. */
export function readRef(common: string, ref: string): string | null {
	const loose = readIfFile(join(common, ref))?.trim();
	if (loose?.startsWith("ref: ")) {
		throw new RetakeError("USAGE", `${ref} is a symbolic ref to ${loose.slice(5)}`, {
			sort: "misuse",
			remedy: `commit to ${loose.slice(5)} itself`,
		});
	}
	if (loose !== undefined) return loose;
	return packedRefs(common).get(ref) ?? null;
}

/** Throws `STORE_BUSY` where another process has the ref locked. */
export function refuseLocked(common: string, ref: string): void {
	if (existsSync(join(common, `${ref}.lock`))) throw locked(ref);
}

/**
 * Sets a ref from one value to another in one step, durably, and tells whether it did: false where it no longer had the value
 * that was expected, null being none. Locks as git does. Throws `STORE_BUSY` for a locked ref, `USAGE` where another branch's name is in the way.
 */
export function compareAndSwapRef(common: string, ref: string, expected: string | null, wanted: string): boolean {
	const path = join(common, ref);
	const lock = `${path}.lock`;
	makeParents(common, ref);
	const descriptor = openLock(lock, ref);
	let isDone = false;
	try {
		try {
			if (readRef(common, ref) !== expected) return false;
			refuseNested(common, ref);
			writeSync(descriptor, `${wanted}\n`);
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
		inheritOwner(lock);
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

function makeParents(common: string, ref: string): void {
	const parts = dirname(ref).split("/");
	for (let count = 1; count <= parts.length; count++) {
		const directory = join(common, ...parts.slice(0, count));
		try {
			mkdirSync(directory);
			inheritOwner(directory);
			flushDirectory(dirname(directory));
		} catch (error) {
			if (!isSystemCallError(error, "EEXIST")) throw error;
			if (!statSync(directory).isDirectory()) throw inTheWay(ref, parts.slice(0, count).join("/"));
		}
	}
}

function refuseNested(common: string, ref: string): void {
	const path = join(common, ref);
	if (existsSync(path) && statSync(path).isDirectory()) throw inTheWay(ref, `${ref}/…`);
	for (const other of packedRefs(common).keys()) {
		const isGone = !existsSync(join(common, other)) && readRef(common, other) === null;
		if (!isGone && (other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`))) throw inTheWay(ref, other);
	}
}

function packedRefs(common: string): ReadonlyMap<string, string> {
	const lines = (readIfFile(join(common, "packed-refs")) ?? "").split("\n");
	const rows = lines.filter((line) => /^[0-9a-f]{40} /.test(line));
	return new Map(rows.map((line) => [line.slice(41).trim(), line.slice(0, 40)]));
}

function readIfFile(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "EISDIR", "ENOTDIR")) return undefined;
		throw error;
	}
}

function inheritOwner(path: string): void {
	if (process.geteuid?.() !== 0) return;
	const { uid, gid } = statSync(dirname(path));
	lchownSync(path, uid, gid);
}

function locked(ref: string): RetakeError {
	return new RetakeError("STORE_BUSY", `another process has ${ref} locked`, {
		remedy: `wait until it ends; where none runs any more, remove ${ref}.lock from the git directory`,
		data: { ref },
	});
}

function inTheWay(ref: string, other: string): RetakeError {
	return new RetakeError("USAGE", `${ref} cannot be made while ${other} exists`, {
		sort: "misuse",
		remedy: "choose another name for the branch",
		data: { ref, other },
	});
}
