/** Marks the file as ours in SQLite's header: the bytes `rtke`. */
export const applicationId = 0x72746b65;

/**
 * The statements that lead from each schema version to the next. Number `n` of the list makes version `n + 1`. A released
 * one is never edited: what comes later is a new entry, and `test/golden` keeps a file of every version.
 */
export const migrations: readonly string[] = [
	`
	CREATE TABLE blob (
		id INTEGER PRIMARY KEY,
		hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
		size INTEGER NOT NULL,
		written_at INTEGER NOT NULL
	) STRICT;
	-- encoding 0: the bytes themselves; 1: one zstd frame
	CREATE TABLE blob_chunk (
		blob INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE,
		ordinal INTEGER NOT NULL,
		encoding INTEGER NOT NULL CHECK (encoding IN (0, 1)),
		bytes BLOB NOT NULL,
		UNIQUE (blob, ordinal)
	) STRICT;
	CREATE TABLE changeset (
		hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
		bytes BLOB NOT NULL,
		written_at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE TABLE run (
		id INTEGER PRIMARY KEY,
		run_id TEXT NOT NULL UNIQUE,
		parent_run_id TEXT,
		kind TEXT NOT NULL,
		title TEXT NOT NULL,
		started_at INTEGER NOT NULL,
		ended_at INTEGER,
		state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'committed', 'rolled-back')),
		failed INTEGER,
		verdict TEXT,
		changeset BLOB,
		root_hash BLOB,
		header BLOB NOT NULL
	) STRICT;
	CREATE INDEX run_by_start ON run (started_at);
	CREATE INDEX run_by_parent ON run (parent_run_id);
	-- id: the run's id times 2^32, plus the sequence. One tree, appended at its end, and events of some KB stay in its leaves
	CREATE TABLE event (
		id INTEGER PRIMARY KEY,
		run INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
		sequence INTEGER GENERATED ALWAYS AS (id & 4294967295) VIRTUAL,
		bytes BLOB NOT NULL,
		chain BLOB NOT NULL CHECK (length(chain) = 32)
	) STRICT;
	CREATE TRIGGER run_removed AFTER DELETE ON run BEGIN
		DELETE FROM event WHERE id >= old.id << 32 AND id < (old.id + 1) << 32;
	END;
	CREATE TABLE fact (
		kind TEXT NOT NULL,
		key TEXT NOT NULL,
		value BLOB NOT NULL,
		PRIMARY KEY (kind, key)
	) STRICT, WITHOUT ROWID;
	-- source_kind run: source is a run's id; changeset: its hash in hexadecimal; fact: kind/key
	CREATE TABLE reference (
		source_kind TEXT NOT NULL CHECK (source_kind IN ('run', 'changeset', 'fact')),
		source TEXT NOT NULL,
		target_kind TEXT NOT NULL CHECK (target_kind IN ('blob', 'changeset')),
		target BLOB NOT NULL,
		PRIMARY KEY (source_kind, source, target_kind, target)
	) STRICT, WITHOUT ROWID;
	-- touched by a durable write, so that its commit has something to make durable
	CREATE TABLE flush (id INTEGER PRIMARY KEY CHECK (id = 0), count INTEGER NOT NULL) STRICT;
	INSERT INTO flush VALUES (0, 0);
	`,
];

/** The version that this code reads and writes. */
export const schemaVersion = migrations.length;
