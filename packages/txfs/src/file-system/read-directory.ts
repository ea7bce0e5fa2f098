import { Dirent } from "node:fs";
import { posix } from "node:path";
import type { TreeEntry } from "@retake/changeset";

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

/** Types of entries as `Dirent` is made of: UV_DIRENT_FILE, UV_DIRENT_DIR, UV_DIRENT_LINK. */
const types = { file: 1, directory: 2, symlink: 3 } as const;

/** What a listing is made with. */
export interface ReadDirectoryParts {
	/** Lists one directory, sorted. */
	readonly list: (path: string) => readonly TreeEntry[];
	/** Follows links. */
	readonly statSync: (path: string) => { isDirectory(): boolean };
}

/**
 * Makes `readdir`: typed entries have the path that was asked for as `parentPath`, and a recursive listing of names looks through
 * links to directories.
 */
export function createReadDirectory({ list, statSync }: ReadDirectoryParts) {
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
			for (const { name, kind } of list(at)) {
				found.push(Reflect.construct(Dirent, [encode(name, encoding), types[kind], at]) as Dirent);
				if (recursive !== true || kind === "file") continue;
				const below = posix.join(at, name);
				if (kind === "directory" || (entersLinks && isDirectory(below))) waiting.push(below);
			}
		}
		return found;
	};
	const named = (path: string, { encoding, recursive }: ListOptions): (string | Buffer)[] => {
		const found: (string | Buffer)[] = [];
		const waiting = [""];
		for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
			for (const { name, kind } of list(at === "" ? path : posix.join(path, at))) {
				const below = posix.join(at, name);
				found.push(encode(below, encoding));
				if (recursive !== true || kind === "file") continue;
				if (kind === "directory" || isDirectory(posix.join(path, below))) waiting.push(below);
			}
		}
		return found;
	};
	return (path: string, options: ListOptions): readonly unknown[] =>
		options.withFileTypes === true ? typed(path, options) : named(path, options);
}
