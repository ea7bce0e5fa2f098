-- A store of schema version 1 with one run. Never edited: every later version must open it.
PRAGMA application_id = 1920232293;
PRAGMA user_version = 1;
CREATE TABLE blob (
	id INTEGER PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
	size INTEGER NOT NULL,
	written_at INTEGER NOT NULL
) STRICT;
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
CREATE TABLE reference (
	source_kind TEXT NOT NULL CHECK (source_kind IN ('run', 'changeset', 'fact')),
	source TEXT NOT NULL,
	target_kind TEXT NOT NULL CHECK (target_kind IN ('blob', 'changeset')),
	target BLOB NOT NULL,
	PRIMARY KEY (source_kind, source, target_kind, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE flush (id INTEGER PRIMARY KEY CHECK (id = 0), count INTEGER NOT NULL) STRICT;
INSERT INTO blob VALUES (1, x'dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d', 6, 1700000000000);
INSERT INTO blob_chunk VALUES (1, 0, 0, x'676f6c64656e');
INSERT INTO changeset VALUES (x'145ac1e952c63f90b74d5bf7c0e76d1ade71e9f2c9d55a3b4de346e81ba63278', x'920190', 1700000000000);
INSERT INTO run VALUES (1, 'golden0000000000', NULL, 'command', 'golden', 1, 2, 'kept', 0, 'pass', x'145ac1e952c63f90b74d5bf7c0e76d1ade71e9f2c9d55a3b4de346e81ba63278', x'1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a', x'68');
INSERT INTO event (id, bytes, chain) VALUES (4294967296, x'6576656e742030', x'5beeaf427ee0bfcd1a7b6f63010f2745110cf23ae088b859275cd0aad369561b');
INSERT INTO event (id, bytes, chain) VALUES (4294967297, x'6576656e742031', x'fb378474af5953bec611fcb2602c5b61271c1f233b60c0adba76d5d6f47a50c4');
INSERT INTO fact VALUES ('setting', 'dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d', x'64643536646534313337393531643963393236383162303334313665633135663838366234343832613237653361353137643332663038353234346362653564');
INSERT INTO reference VALUES ('fact', 'setting/dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d', 'blob', x'dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d');
INSERT INTO reference VALUES ('fact', 'setting/dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d', 'changeset', x'dd56de4137951d9c92681b03416ec15f886b4482a27e3a517d32f085244cbe5d');
INSERT INTO reference VALUES ('run', 'golden0000000000', 'changeset', x'145ac1e952c63f90b74d5bf7c0e76d1ade71e9f2c9d55a3b4de346e81ba63278');
INSERT INTO flush VALUES (0, 2);
