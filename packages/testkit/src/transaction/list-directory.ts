import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A line for each place of a tree, by path: kind, mode, and content or target. Two trees are equal where these are. */
export type TreeListing = ReadonlyMap<string, string>;

/** Lists a directory by `node:fs` alone. */
export function listDirectory(root: string): TreeListing {
	const lines = new Map<string, string>();
	const pending = [""];
	for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
		for (const name of readdirSync(join(root, parent))) {
			const path = parent === "" ? name : `${parent}/${name}`;
			const at = join(root, path);
			const status = lstatSync(at);
			const mode = (status.mode & 0o777).toString(8);
			if (status.isDirectory()) pending.push(path);
			if (status.isSymbolicLink()) lines.set(path, `symlink ${readlinkSync(at)}`);
			else if (status.isDirectory()) lines.set(path, `directory ${mode}`);
			else if (status.isFile()) lines.set(path, `file ${mode} ${readFileSync(at, "latin1")}`);
			else lines.set(path, "neither file, directory nor symlink");
		}
	}
	return lines;
}
