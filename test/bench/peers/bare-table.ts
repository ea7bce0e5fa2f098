import Database from "better-sqlite3";

/** A table of nothing but bytes, written as plainly as better-sqlite3 can in WAL, as safe from a crash as the store. */
export interface BareTable extends Disposable {
	insert(bytes: Uint8Array): void;
	read(id: number): unknown;
}

/** Opens a bare table in a new file. */
export function openBareTable(file: string): BareTable {
	const database = new Database(file);
	database.pragma("journal_mode = WAL");
	database.pragma("synchronous = NORMAL");
	database.exec("CREATE TABLE event (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
	const insert = database.prepare("INSERT INTO event (bytes) VALUES (?)");
	const read = database.prepare("SELECT bytes FROM event WHERE id = ?");
	return {
		insert: (bytes) => insert.run(bytes),
		read: (id) => read.get(id),
		[Symbol.dispose]: () => database.close(),
	};
}
