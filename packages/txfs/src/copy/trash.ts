import { mkdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { isBoundByModes } from "../disk/access.ts";
import { PlainDirectory } from "./plain-directory.ts";

/**
 * A directory of our own into which trees are moved to be removed. What is in a directory that is removed is moved to the top
 * first, so that however deep a tree is, no long path is built and no link is followed.
 */
export class Trash {
	readonly #path: string;
	#next = 0;

	constructor(path: string) {
		mkdirSync(path, 0o700);
		this.#path = path;
	}

	/** Moves a directory out of the tree that it is in, and removes it. The right to write in it must have been given. */
	remove(at: string | Buffer): void {
		using trash = PlainDirectory.open(this.#path);
		const pending = [this.#take(trash, at)];
		for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
			using directory = enterLoose(trash, name);
			for (const child of directory.names()) {
				if (!directory.statusOf(child)?.isDirectory()) unlinkSync(directory.at(child));
				else {
					// Moving a directory rewrites its "..": the kernel wants the right to write in it.
					enterLoose(directory, child)[Symbol.dispose]();
					pending.push(this.#take(trash, directory.at(child)));
				}
			}
			rmdirSync(trash.at(name));
		}
	}

	#take(trash: PlainDirectory, at: string | Buffer): string {
		const name = (this.#next++).toString(36);
		renameSync(at, trash.at(name));
		return name;
	}
}

/** Opens a directory in another and gives its owner all rights on it where this process needs them. */
export function enterLoose(parent: PlainDirectory, name: string | Uint8Array): PlainDirectory {
	const directory = parent.enter(name);
	if (isBoundByModes()) directory.changeMode(Number(directory.status().mode & 0o7777n) | 0o700);
	return directory;
}
