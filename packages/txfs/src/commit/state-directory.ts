import { constants } from "node:fs";
import { RetakeError } from "@retake/base";
import {
	changeOwnerAt,
	fileStatus,
	fileStatusAt,
	isSystemCallError,
	makeDirectoryAt,
	OpenDescriptor,
	openBeneath,
} from "@retake/linux";
import { writeAll } from "../disk/write-all.ts";
import { openWithin } from "./open-within.ts";

const stateName = ".retake";

/** Opens `.retake` under a root, made where it is missing, together with the `.gitignore` that keeps it out of the repository. */
export function ensureStateDirectory(root: OpenDescriptor): OpenDescriptor {
	using opened = new DisposableStack();
	const state = opened.use(ensureDirectory(root.descriptor, stateName));
	const ignore = fileStatusAt(state.descriptor, ".gitignore");
	// An empty one is what a kill between its creation and its writing leaves.
	if (ignore === null || (ignore.kind === "file" && ignore.size === 0)) {
		using file = new OpenDescriptor(
			openBeneath(state.descriptor, ".gitignore", constants.O_CREAT | constants.O_WRONLY, 0o644),
		);
		writeAll(file.descriptor, Buffer.from("*\n"), 0);
		inheritOwner(state.descriptor, file.descriptor);
	}
	opened.move();
	return state;
}

/** Opens `.retake` under a root, or returns null where there is none. */
export function openStateDirectory(root: OpenDescriptor): OpenDescriptor | null {
	return openDirectoryIn(root.descriptor, stateName);
}

/** Opens a directory by its name, made where it is missing, with the owner of the one that holds it. */
export function ensureDirectory(parent: number, name: string): OpenDescriptor {
	const existing = openDirectoryIn(parent, name);
	if (existing !== null) return existing;
	try {
		makeDirectoryAt(parent, name, 0o755);
	} catch (error) {
		if (!isSystemCallError(error, "EEXIST")) throw error;
	}
	using opened = new DisposableStack();
	const made = opened.use(openWithin(parent, name, constants.O_RDONLY | constants.O_DIRECTORY));
	inheritOwner(parent, made.descriptor);
	opened.move();
	return made;
}

/** Opens a directory by its name, or returns null where nothing has it. A link or a file in its place is refused. */
export function openDirectoryIn(parent: number, name: string): OpenDescriptor | null {
	try {
		return openWithin(parent, name, constants.O_RDONLY | constants.O_DIRECTORY);
	} catch (cause) {
		if (isSystemCallError(cause, "ENOENT")) return null;
		if (isSystemCallError(cause, "ELOOP", "ENOTDIR")) {
			throw new RetakeError("STORE_DAMAGED", `${name} is not a directory, where Retake keeps its state`, {
				cause,
				remedy: `move ${name} away and try again`,
			});
		}
		throw cause;
	}
}

/** Gives an open file the owner of a directory, where this process may give files away. */
export function inheritOwner(directory: number, file: number): void {
	if (process.geteuid?.() !== 0) return;
	const owner = fileStatus(directory);
	changeOwnerAt(file, "", owner.uid, owner.gid);
}
