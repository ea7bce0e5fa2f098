import {
	type BigIntStats,
	chmodSync,
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	readdirSync,
	statSync,
} from "node:fs";
import { constants as system } from "node:os";
import { isSystemCallError, type NameBytes, O_PATH, OpenDescriptor, SystemCallError } from "@retake/linux";
import { isBoundByModes } from "../disk/access.ts";

/** Whether a name in an open directory is reached through /proc, as on Linux, so that nobody can swap a link in on the way. */
export const reachesThroughDescriptors = process.platform === "linux";

/**
 * A directory of a plain tree, entered one name at a time and past no link, with nothing but `node:fs`. On Linux it is held
 * open, and its names are reached through the descriptor; elsewhere by their paths, which is sound only while nobody
 * else writes to the tree.
 */
export class PlainDirectory implements Disposable {
	/** Path by which this process reaches it. */
	readonly path: string | Buffer;
	/** Null where paths are used. */
	readonly descriptor: number | null;

	private constructor(at: string | Buffer) {
		if (reachesThroughDescriptors) {
			this.descriptor = openSync(at, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
			this.path = `/proc/self/fd/${this.descriptor}`;
			return;
		}
		if (!lstatSync(at).isDirectory()) throw new SystemCallError(system.errno.ENOTDIR, "open", at);
		this.descriptor = null;
		this.path = at;
	}

	/** Opens a directory of our own by its absolute path. Throws `SystemCallError`. */
	static open(path: string): PlainDirectory {
		return new PlainDirectory(path);
	}

	/** Spells a name in it for `node:fs`; the name itself is not kept from being followed. */
	at(name: NameBytes): string | Buffer {
		if (typeof name === "string" && typeof this.path === "string") return `${this.path}/${name}`;
		return Buffer.concat([Buffer.from(this.path), Buffer.from("/"), Buffer.from(name)]);
	}

	/** Opens a directory in it. Throws `SystemCallError`: `ENOENT`, `ENOTDIR` for anything else, a link too. */
	enter(name: NameBytes): PlainDirectory {
		return new PlainDirectory(this.at(name));
	}

	/** Returns the names in it, in the kernel's order. */
	names(): Buffer[] {
		return readdirSync(this.path, { encoding: "buffer" });
	}

	/** Returns its own status. */
	status(): BigIntStats {
		return this.descriptor === null
			? lstatSync(this.path, { bigint: true })
			: fstatSync(this.descriptor, { bigint: true });
	}

	/** Returns the status of a name in it, of a link itself, or null where nothing has the name. */
	statusOf(name: NameBytes): BigIntStats | null {
		return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false }) ?? null;
	}

	/** Sets its own mode, past the umask. */
	changeMode(mode: number): void {
		chmodSync(this.path, mode);
	}

	/** Opens a file in it for reading, whatever its mode; a fifo that took its place is not waited for. Throws `SystemCallError`. */
	openFile(name: NameBytes): OpenDescriptor {
		const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
		const at = this.at(name);
		try {
			return new OpenDescriptor(openSync(at, flags));
		} catch (error) {
			if (!isBoundByModes() || !isSystemCallError(error, "EACCES")) throw error;
		}
		using place = reachesThroughDescriptors ? new OpenDescriptor(openSync(at, O_PATH | constants.O_NOFOLLOW)) : null;
		const reached = place?.path ?? at;
		const mode = statSync(reached).mode & 0o7777;
		chmodSync(reached, mode | 0o400);
		try {
			return new OpenDescriptor(openSync(at, flags));
		} finally {
			chmodSync(reached, mode);
		}
	}

	[Symbol.dispose](): void {
		if (this.descriptor !== null) closeSync(this.descriptor);
	}
}
