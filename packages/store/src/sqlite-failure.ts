import { RetakeError } from "@retake/base";
import Database from "better-sqlite3";

/** Runs `body`; a failure of SQLite's comes out as the `RetakeError` that says what to do about it. */
export function translateFailures<Value>(directory: string, body: () => Value): Value {
	try {
		return body();
	} catch (error) {
		if (error instanceof Database.SqliteError) throw translate(directory, error);
		throw error;
	}
}

function translate(directory: string, error: InstanceType<typeof Database.SqliteError>): RetakeError {
	const options = { cause: error, data: { directory, sqlite: error.code } };
	const { code } = error;
	if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") {
		return new RetakeError("DISK_FULL", `no space is left for the store in ${directory}`, {
			...options,
			remedy: "free some space, run `retake gc`, or name another place with --store",
		});
	}
	if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
		return new RetakeError("STORE_BUSY", `another process holds the store in ${directory}`, {
			...options,
			remedy: "wait for the other `retake` process, or end it",
		});
	}
	if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_PERM") {
		return new RetakeError("WORKSPACE_READ_ONLY", `the store in ${directory} cannot be written`, {
			...options,
			remedy: "make the directory writable, or name another place with --store",
		});
	}
	if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB" || code.startsWith("SQLITE_IOERR")) {
		return storeDamaged(directory, error.message, error);
	}
	return new RetakeError("BUG", `the store refused a statement: ${error.message}`, { ...options, sort: "bug" });
}

/** Makes the error for a store that cannot be trusted. */
export function storeDamaged(directory: string, finding: string, cause?: unknown): RetakeError {
	return new RetakeError("STORE_DAMAGED", `the store in ${directory} is damaged: ${finding}`, {
		cause,
		data: { directory, finding },
		remedy: `move ${directory}/retake.db* aside and start anew; what can be saved comes out with \`sqlite3 retake.db .recover\``,
	});
}
