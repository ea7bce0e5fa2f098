import { Dirent } from "node:fs";
import { posix } from "node:path";
import type { FileSystem } from "./view-volume.ts";

/** Options of `readdir`. */
export interface ReadDirectoryOptions {
	readonly encoding?: string | null;
	readonly withFileTypes?: boolean;
	readonly recursive?: boolean;
}

interface ListOptions extends ReadDirectoryOptions {
	/** Whether a recursive listing with types looks through links to directories: Node's does but for the one in `promises`. */
	readonly entersLinks: boolean;
}

/**
 * Makes `readdir` of one of a file system's, which lists names alone: typed entries have the path that was asked for as
 * `parentPath`, and a recursive listing of names looks through links to directories.
 */
export function createReadDirectory(fs: FileSystem) {
	const { readdirSync, lstatSync, statSync } = fs;
	const typeOf = (path: string): number => {
		const status = lstatSync(path);
		// UV_DIRENT_FILE, UV_DIRENT_DIR and UV_DIRENT_LINK.
		return status.isDirectory() ? 2 : status.isSymbolicLink() ? 3 : 1;
	};
	const isDirectory = (path: string): boolean => {
		try {
			return statSync(path).isDirectory();
		} catch {
			// A link to nowhere, or in a circle: Node looks no further either.
			return false;
		}
	};
	const encode = (name: string, encoding: string | null | undefined): string | Buffer => {
		if (encoding === "buffer") return Buffer.from(name);
		return encoding === null || encoding === undefined || encoding === "utf8"
			? name
			: Buffer.from(name).toString(encoding as BufferEncoding);
	};
	const typed = (path: string, { encoding, recursive, entersLinks }: ListOptions): Dirent[] => {
		const found: Dirent[] = [];
		const waiting = [path];
		for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
			for (const name of readdirSync(at)) {
				const type = typeOf(posix.join(at, name));
				found.push(Reflect.construct(Dirent, [encode(name, encoding), type, at]) as Dirent);
				const isEntered = type === 2 || (entersLinks && isDirectory(posix.join(at, name)));
				if (recursive === true && isEntered) waiting.push(posix.join(at, name));
			}
		}
		return found;
	};
	const named = (path: string, { encoding, recursive }: ListOptions): (string | Buffer)[] => {
		const found: (string | Buffer)[] = [];
		const waiting = [""];
		for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
			for (const name of readdirSync(at === "" ? path : posix.join(path, at))) {
				const below = posix.join(at, name);
				found.push(encode(below, encoding));
				if (recursive === true && isDirectory(posix.join(path, below))) waiting.push(below);
			}
		}
		return found;
	};
	return (path: string, options: ListOptions): readonly unknown[] =>
		options.withFileTypes === true ? typed(path, options) : named(path, options);
}
