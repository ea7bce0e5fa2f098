import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { type Clock, RetakeError } from "@retake/base";
import Database from "better-sqlite3";
import { Connection } from "./connection.ts";
import { applicationId, migrations, schemaVersion } from "./schema.ts";
import { storeDamaged, translateFailures } from "./sqlite-failure.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";
import { busyTimeoutMs, checkedBytesMax, checkpointPages } from "./store-limits.ts";

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
	refuseForeignFile(directory, file);
	return translateFailures(directory, () => {
		const database = new Database(file, { readonly: readOnly, timeout: busyTimeoutMs });
		try {
			database.pragma("foreign_keys = ON");
			check(directory, file, database);
			if (!readOnly) prepareForWriting(directory, database);
			else if (versionOf(database) < schemaVersion) throw needsWriter(directory);
			return new SqliteStore(new Connection(directory, database, clock));
		} catch (error) {
			database.close();
			throw error;
		}
	});
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

/** Looks at the file's header before SQLite does, so that a file that is not ours to change is not changed. */
function refuseForeignFile(directory: string, file: string): void {
	if (!existsSync(file) || statSync(file).size === 0) return;
	const header = Buffer.alloc(100);
	const descriptor = openSync(file, "r");
	try {
		readSync(descriptor, header, 0, header.byteLength, 0);
	} finally {
		closeSync(descriptor);
	}
	// Offsets of https://www.sqlite.org/fileformat.html#the_database_header
	if (header.toString("latin1", 0, 16) !== "SQLite format 3\0") throw storeDamaged(directory, "not an SQLite file");
	refuseOtherVersions(directory, header.readUInt32BE(60), header.readUInt32BE(68));
}

function refuseOtherVersions(directory: string, version: number, application: number): void {
	// A store killed while it was being made has its schema in the log and zeroes in the header.
	if (application !== applicationId && (application !== 0 || version !== 0)) {
		throw storeDamaged(directory, "an SQLite file of another program");
	}
	if (version <= schemaVersion) return;
	throw new RetakeError("STORE_NEWER", `the store in ${directory} has version ${version}; this is ${schemaVersion}`, {
		data: { directory, version, understood: schemaVersion },
		remedy: "install the newer retake, or name another place with --store",
	});
}

function prepareForWriting(directory: string, database: Database.Database): void {
	// Can be chosen only before the first page is written.
	if (database.pragma("page_count", { simple: true }) === 0) database.pragma("auto_vacuum = INCREMENTAL");
	database.pragma("journal_mode = WAL");
	database.pragma("synchronous = NORMAL");
	database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
	if (versionOf(database) === schemaVersion) return;
	const migrate = database.transaction(() => {
		const found = versionOf(database);
		refuseOtherVersions(directory, found, applicationOf(database));
		if (found === 0 && database.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined) {
			throw storeDamaged(directory, "an SQLite file of another program");
		}
		for (const statements of migrations.slice(found)) database.exec(statements);
		database.pragma(`application_id = ${applicationId}`);
		database.pragma(`user_version = ${schemaVersion}`);
	});
	migrate.immediate();
}

function check(directory: string, file: string, database: Database.Database): void {
	refuseOtherVersions(directory, versionOf(database), applicationOf(database));
	if (statSync(file).size > checkedBytesMax) return;
	const finding = database.pragma("quick_check(1)", { simple: true });
	if (finding !== "ok") throw storeDamaged(directory, String(finding));
}

function versionOf(database: Database.Database): number {
	return Number(database.pragma("user_version", { simple: true }));
}

function applicationOf(database: Database.Database): number {
	return Number(database.pragma("application_id", { simple: true }));
}

function noStore(directory: string): RetakeError {
	return new RetakeError("WORKSPACE_NOT_FOUND", `there is no store in ${directory}`, {
		data: { directory },
		remedy: "name the directory that holds retake.db with --store",
	});
}

function needsWriter(directory: string): RetakeError {
	return new RetakeError(
		"WORKSPACE_READ_ONLY",
		`the store in ${directory} is of an older version and must be updated`,
		{
			remedy: "open it once where it can be written: `retake runs`",
		},
	);
}
