import { readdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";
import { flushDirectory } from "../../disk/flush-directory.ts";
import { makeAdoptedDirectory } from "../shared-permissions.ts";

/** Makes the directories in which a ref or its log lies, durably. Throws `USAGE` where another branch's name is in the way. */
export function makeRefParents(common: string, name: string): void {
	const parts = dirname(name).split("/");
	for (let count = 1; count <= parts.length; count++) {
		const directory = join(common, ...parts.slice(0, count));
		try {
			makeAdoptedDirectory(directory);
			flushDirectory(dirname(directory));
		} catch (error) {
			if (!isSystemCallError(error, "EEXIST")) throw error;
			if (!statSync(directory).isDirectory()) throw inTheWay(name, parts.slice(0, count).join("/"));
		}
	}
}

/** Removes a directory that holds nothing but empty directories, such as git leaves where branches were; any other stays. */
export function removeEmptyDirectories(path: string): boolean {
	try {
		const inside = readdirSync(path, { withFileTypes: true });
		const isEmpty = inside.every((entry) => entry.isDirectory() && removeEmptyDirectories(join(path, entry.name)));
		if (isEmpty) rmdirSync(path);
		return isEmpty;
	} catch (error) {
		if (isSystemCallError(error, "ENOENT")) return true;
		if (isSystemCallError(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) return false;
		throw error;
	}
}

/** Makes the error of a ref whose name another one stands in the way of, as a file does of a directory. */
export function inTheWay(ref: string, other: string): RetakeError {
	return new RetakeError("USAGE", `${ref} cannot be made while ${other} exists`, {
		sort: "misuse",
		remedy: "choose another name for the branch",
		data: { ref, other },
	});
}
