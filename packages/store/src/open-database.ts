import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { type Clock, RetakeError } from "@retake/base";
import Database from "better-sqlite3";
import { Connection } from "./connection.ts";
import { applicationId, migrations, schemaVersion } from "./schema.ts";
import { storeDamaged, translateFailures } from "./sqlite-failure.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";
import { busyTimeoutMs, checkedBytesMax, checkpointPages } from "./store-limits.ts";

/** One file, and how it is opened. */
export interface DatabaseOptions {
	/** Named in errors; its `trees` hold the snapshots. */
	readonly directory: string;
	readonly file: string;
	readonly clock: Clock;
	readonly readOnly: boolean;
	/** `WAL` for a store that several processes write; `DELETE` for a file that is whole by itself. */
	readonly journal: "WAL" | "DELETE";
}

/** Opens an SQLite file as a store, made or brought up to date where it can be written. Throws as `openStore` does. */
export function openDatabase({ directory, file, clock, readOnly, journal }: DatabaseOptions): Store {
	refuseForeignFile(directory, file);
	return translateFailures(directory, () => {
		const database = new Database(file, { readonly: readOnly, timeout: busyTimeoutMs });
		try {
			database.pragma("foreign_keys = ON");
			// A file from elsewhere may hold views and functions that are not ours.
			database.pragma("trusted_schema = OFF");
			check(directory, file, database);
			if (journal === "DELETE" && readOnly) refuseOtherSchema(directory, database);
			if (!readOnly) prepareForWriting(directory, database, journal);
			else if (versionOf(database) < schemaVersion) throw needsWriter(directory);
			return new SqliteStore(new Connection(directory, database, clock));
		} catch (error) {
			try {
				// A statement that does not fit the tables is a mistake of ours, unless the tables are not what we made.
				if (error instanceof Database.SqliteError && error.code === "SQLITE_ERROR")
					refuseOtherSchema(directory, database);
			} finally {
				database.close();
			}
			throw error;
		}
	});
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

function prepareForWriting(directory: string, database: Database.Database, journal: DatabaseOptions["journal"]): void {
	// Can be chosen only before the first page is written.
	if (database.pragma("page_count", { simple: true }) === 0) database.pragma("auto_vacuum = INCREMENTAL");
	database.pragma(`journal_mode = ${journal}`);
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

/** A file that others have written may have a view where a table should be, whose reading has no end. */
function refuseOtherSchema(directory: string, database: Database.Database): void {
	const version = versionOf(database);
	const own = new Database(":memory:");
	try {
		for (const statements of migrations.slice(0, version)) own.exec(statements);
		if (JSON.stringify(schemaOf(database)) === JSON.stringify(schemaOf(own))) return;
	} finally {
		own.close();
	}
	throw storeDamaged(directory, "its tables are not those of a tape");
}

function schemaOf(database: Database.Database): readonly unknown[] {
	return database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all();
}

function versionOf(database: Database.Database): number {
	return Number(database.pragma("user_version", { simple: true }));
}

function applicationOf(database: Database.Database): number {
	return Number(database.pragma("application_id", { simple: true }));
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
