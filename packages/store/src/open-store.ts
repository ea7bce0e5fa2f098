import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { type Clock, RetakeError } from "@retake/base";
import { openDatabase } from "./open-database.ts";
import type { Store } from "./store.ts";

/** How a store is opened. */
export interface OpenStoreOptions {
	readonly clock: Clock;
	/** Refuses every write, and creates nothing. The directory must hold a store. */
	readonly readOnly?: boolean;
}

/**
 * Opens the store in a directory, which is made (mode 0700, ignored by git) where it does not exist. Several processes
 * may have it open. Throws `STORE_NEWER` and `STORE_DAMAGED` with the file untouched, `WORKSPACE_READ_ONLY`,
 * `DISK_FULL`, `STORE_BUSY`, and `WORKSPACE_NOT_FOUND` where `readOnly` finds no store.
 */
export function openStore(directory: string, options: OpenStoreOptions): Store {
	const { clock, readOnly = false } = options;
	const file = join(directory, "retake.db");
	if (!readOnly) makeDirectory(directory);
	else if (!existsSync(file)) throw noStore(directory);
	return openDatabase({ directory, file, clock, readOnly, journal: "WAL" });
}

function makeDirectory(directory: string): void {
	try {
		mkdirSync(join(directory, "trees"), { recursive: true, mode: 0o700 });
		const ignore = join(directory, ".gitignore");
		if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
	} catch (error) {
		throw directoryFailure(directory, error as NodeJS.ErrnoException);
	}
}

function directoryFailure(directory: string, error: NodeJS.ErrnoException): RetakeError {
	const options = { cause: error, data: { directory }, remedy: "name another place with --store" };
	// By its number: libuv has no name for a full quota.
	if (error.code === "ENOSPC" || error.errno === -constants.errno.EDQUOT) {
		return new RetakeError("DISK_FULL", `no space is left for the store in ${directory}`, options);
	}
	if (error.code === "ENOTDIR" || error.code === "EEXIST") {
		return new RetakeError("WORKSPACE_NOT_DIRECTORY", `the store's place ${directory} is not a directory`, options);
	}
	return new RetakeError(
		"WORKSPACE_READ_ONLY",
		`the store's directory ${directory} cannot be made or written`,
		options,
	);
}

function noStore(directory: string): RetakeError {
	return new RetakeError("WORKSPACE_NOT_FOUND", `there is no store in ${directory}`, {
		data: { directory },
		remedy: "name the directory that holds retake.db with --store",
	});
}
