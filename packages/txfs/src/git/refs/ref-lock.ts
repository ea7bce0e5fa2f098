import { randomBytes } from "node:crypto";
import {
	closeSync,
	constants,
	existsSync,
	fstatSync,
	fsyncSync,
	linkSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError, tryLockExclusive } from "@retake/linux";
import { writeAll } from "../../disk/write-all.ts";
import { adoptFile } from "../shared-permissions.ts";

// Each is lost only to a process that clears up after dead ones in the same instant.
const attemptsMax = 100;

/**
 * The lock that git respects: `<ref>.lock`, which becomes the ref. It is made as a second name of a file that this process has locked
 * in the kernel, `<ref>..<random>.lock`: a name that no ref can have and git passes over. A process that dies lets go of the kernel's
 * lock, so that the next one can tell its leavings from a lock that is held, and from git's own, which it never touches.
 */
export class RefLock implements Disposable {
	readonly #descriptor: number;
	readonly #own: string;
	readonly #lock: string;
	readonly #path: string;
	#isHeld = true;

	private constructor(descriptor: number, own: string, path: string) {
		this.#descriptor = descriptor;
		this.#own = own;
		this.#path = path;
		this.#lock = `${path}.lock`;
	}

	/** Takes the lock of a ref whose directory exists. Throws `STORE_BUSY` where another process has it. */
	static take(common: string, ref: string): RefLock {
		refuseLocked(common, ref);
		const path = join(common, ref);
		for (let attempt = 0; attempt < attemptsMax; attempt++) {
			const own = `${path}..${randomBytes(8).toString("hex")}.lock`;
			const descriptor = openSync(own, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
			try {
				if (tryLockExclusive(descriptor)) {
					linkSync(own, `${path}.lock`);
					return new RefLock(descriptor, own, path);
				}
			} catch (error) {
				// Gone before it was locked: somebody took it for a dead one's.
				if (!isSystemCallError(error, "EEXIST", "ENOENT")) throw letGo(descriptor, own, error);
				if (error.code === "EEXIST") throw letGo(descriptor, own, locked(ref));
			}
			letGo(descriptor, own, null);
		}
		throw locked(ref);
	}

	/** Writes what the ref is to hold, durably. */
	write(text: string): void {
		writeAll(this.#descriptor, Buffer.from(text), 0);
		adoptFile(this.#descriptor, dirname(this.#path), 0o644);
		fsyncSync(this.#descriptor);
	}

	/** Makes what was written the ref, in one step. Durable once the directory is. */
	publish(): void {
		renameSync(this.#lock, this.#path);
		this.#isHeld = false;
	}

	[Symbol.dispose](): void {
		if (this.#isHeld) rmSync(this.#lock);
		letGo(this.#descriptor, this.#own, null);
	}
}

/** Throws `STORE_BUSY` where a living process has a ref locked. What a dead one of Retake's left is cleared away. */
export function refuseLocked(common: string, ref: string): void {
	const path = join(common, ref);
	const place = dirname(path);
	const names = existsSync(place) && statSync(place).isDirectory() ? readdirSync(place) : [];
	for (const name of names) {
		if (name.startsWith(`${basename(path)}..`) && name.endsWith(".lock")) clearDead(join(place, name), `${path}.lock`);
	}
	if (existsSync(`${path}.lock`)) throw locked(ref);
}

function clearDead(own: string, lock: string): void {
	let descriptor: number;
	try {
		descriptor = openSync(own, constants.O_RDONLY);
	} catch (error) {
		if (isSystemCallError(error, "ENOENT")) return;
		throw error;
	}
	if (!tryLockExclusive(descriptor)) return closeSync(descriptor);
	const { ino } = fstatSync(descriptor);
	if (statSync(lock, { throwIfNoEntry: false })?.ino === ino) rmSync(lock);
	letGo(descriptor, own, null);
}

/** Removes the second name before the kernel's lock goes, and passes an error on. */
function letGo<Passed>(descriptor: number, own: string, passed: Passed): Passed {
	rmSync(own, { force: true });
	closeSync(descriptor);
	return passed;
}

function locked(ref: string): RetakeError {
	return new RetakeError("STORE_BUSY", `another process has ${ref} locked`, {
		remedy: `wait until it ends; where none runs any more, remove ${ref}.lock from the git directory`,
		data: { ref },
	});
}
