import {
	chmodSync,
	copyFileSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	symlinkSync,
} from "node:fs";
import { join } from "node:path";

/** Copies what is in one directory into another by `node:fs` alone, with modes, and with hard links where these are kept. */
export function copyDirectory(from: string, to: string, keepsLinks: boolean): void {
	const copies = new Map<number, string>();
	const modes: [string, number][] = [];
	const pending = [""];
	for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
		for (const name of readdirSync(join(from, at))) {
			const path = join(at, name);
			const [source, target] = [join(from, path), join(to, path)];
			const status = lstatSync(source);
			const linked = keepsLinks && status.isFile() ? copies.get(status.ino) : undefined;
			if (linked !== undefined) linkSync(linked, target);
			else if (status.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
			else if (status.isDirectory()) {
				mkdirSync(target);
				pending.push(path);
				modes.push([target, status.mode & 0o777]);
			} else {
				copyFileSync(source, target);
				chmodSync(target, status.mode & 0o777);
				copies.set(status.ino, target);
			}
		}
	}
	// A directory without the right to write is filled first.
	for (const [target, mode] of modes.reverse()) chmodSync(target, mode);
}
