import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { isRetakeError, type RunId } from "@retake/base";
import { encodeCanonical, hashCanonical } from "@retake/changeset";
import { openStore } from "@retake/store";
import { expect, test } from "vitest";
import { readTrace, verifyChain } from "../../src/index.ts";
import { end, record, request, seededRandom, seededRandomness, steppingClock, temporaryStore } from "../fixture.ts";

/** `RETAKE_TAMPER=every pnpm test packages/recorder/test/trace/mutations.test.ts` makes all of them. */
const mutations = process.env["RETAKE_TAMPER"] === "every" ? 10_000 : 600;
const seed = Number(process.env["RETAKE_SEED"] ?? 20_261_120);

type Random = (below: number) => number;

/** What became of a changed file: found out, or read with nothing in it changed. */
type Finding = "detected" | "unchanged" | "MISSED";

/** Changes a file behind Retake's back; returns what it did, or null where that came to nothing. */
type Mutation = (file: string, random: Random) => string | null;

const rows = "SELECT rowid AS row FROM event";

function inDatabase(change: (database: DatabaseSync, random: Random) => string | null): Mutation {
	return (file, random) => {
		const database = new DatabaseSync(file);
		try {
			return change(database, random);
		} finally {
			database.close();
		}
	};
}

function anyRow(database: DatabaseSync, random: Random): number {
	const all = database.prepare(rows).all() as { row: number }[];
	return all[random(all.length)]?.row ?? 0;
}

function flipInColumn(table: string, column: string): Mutation {
	return inDatabase((database, random) => {
		const all = database.prepare(`SELECT rowid AS row, ${column} AS bytes FROM ${table}`).all() as {
			row: number;
			bytes: Uint8Array;
		}[];
		const chosen = all[random(all.length)];
		if (chosen === undefined || chosen.bytes.length === 0) return null;
		const at = random(chosen.bytes.length);
		const flipped = Uint8Array.from(chosen.bytes);
		flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
		database.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(flipped as SQLInputValue, chosen.row);
		return `one bit of ${table}.${column} ${chosen.row} at ${at}`;
	});
}

const kinds: Readonly<Record<string, Mutation>> = {
	"a bit of the file": (file, random) => {
		const bytes = readFileSync(file);
		const at = random(bytes.length);
		bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
		writeFileSync(file, bytes);
		return `one bit at ${at}`;
	},
	"the file cut off": (file, random) => {
		const { length } = readFileSync(file);
		const to = random(length);
		truncateSync(file, to);
		return `cut to ${to} of ${length}`;
	},
	"a bit of an event": flipInColumn("event", "bytes"),
	"a bit of a chain": flipInColumn("event", "chain"),
	"a bit of a header": flipInColumn("run", "header"),
	"a bit of a root hash": flipInColumn("run", "root_hash"),
	"a bit of a large payload": flipInColumn("blob_chunk", "bytes"),
	"an event removed": inDatabase((database, random) => {
		const row = anyRow(database, random);
		database.prepare("DELETE FROM event WHERE rowid = ?").run(row);
		return `event ${row} removed`;
	}),
	"an event removed and the rest moved up": inDatabase((database, random) => {
		const row = anyRow(database, random);
		database.prepare("DELETE FROM event WHERE rowid = ?").run(row);
		for (const { row: later } of database.prepare(`${rows} WHERE rowid > ? ORDER BY rowid`).all(row) as {
			row: number;
		}[]) {
			database.prepare("UPDATE event SET id = id - 1 WHERE rowid = ?").run(later);
		}
		return `event ${row} cut out`;
	}),
	"two events exchanged": inDatabase((database, random) => {
		const [a, b] = [anyRow(database, random), anyRow(database, random)];
		if (a === b) return null;
		const exchange = database.prepare("UPDATE event SET id = ? WHERE rowid = ?");
		exchange.run(-1, a);
		exchange.run(a, b);
		exchange.run(b, -1);
		return `events ${a} and ${b} exchanged`;
	}),
	"an event repeated in another's place": inDatabase((database, random) => {
		const [from, to] = [anyRow(database, random), anyRow(database, random)];
		if (from === to) return null;
		database
			.prepare("UPDATE event SET (bytes, chain) = (SELECT bytes, chain FROM event WHERE rowid = ?) WHERE rowid = ?")
			.run(from, to);
		return `event ${from} copied over ${to}`;
	}),
	"the log cut off": inDatabase((database, random) => {
		const row = anyRow(database, random);
		database.prepare("DELETE FROM event WHERE rowid >= ?").run(row);
		return `events from ${row} on removed`;
	}),
	"the listing edited": inDatabase((database, random) => {
		const edits = [
			"title = title || '!'",
			"verdict = 'fail'",
			"failed = 1 - failed",
			"kind = 'command'",
			"started_at = started_at + 1",
		];
		const edit = edits[random(edits.length)] ?? "";
		database.exec(`UPDATE run SET ${edit}`);
		return edit;
	}),
	"a whole event forged, chain and all": inDatabase((database, random) => {
		const row = anyRow(database, random);
		const bytes = encodeCanonical(["forged", random(1000)]);
		database
			.prepare("UPDATE event SET bytes = ?, chain = ? WHERE rowid = ?")
			.run(bytes as SQLInputValue, Buffer.from(hashCanonical("forged"), "hex") as SQLInputValue, row);
		return `event ${row} forged`;
	}),
};

/** Reads all that the record says, as text. */
function readWhole(directory: string, runId: RunId): string {
	using store = openStore(directory, { clock: steppingClock(), readOnly: true });
	verifyChain(store, runId);
	const trace = readTrace(store, runId);
	return JSON.stringify([trace, store.runs.get(runId)], (_key, value: unknown) =>
		value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
	);
}

function look(directory: string, runId: RunId, original: string): Finding {
	try {
		return readWhole(directory, runId) === original ? "unchanged" : "MISSED";
	} catch (error) {
		// Refused by name: anything else is a reader that fell over what it was given.
		const names = ["TRACE_TAMPERED", "STORE_DAMAGED", "STORE_NEWER", "BLOB_NOT_FOUND", "RUN_NOT_FOUND"] as const;
		if (names.some((code) => isRetakeError(error, code))) return "detected";
		throw error;
	}
}

test(`${mutations} changes to a record are found out, or change nothing that it says (seed ${seed})`, {
	timeout: 600_000,
}, async () => {
	using fixture = temporaryStore();
	const recording = record(fixture.store, { randomness: seededRandomness(1) });
	for (let index = 0; index < 12; index++) {
		await recording.call(
			request("exec", { index, text: "x".repeat(index * 40) }, async () => ({ output: `output ${index}` })),
		);
	}
	// Does not compress, so that each of its bits counts.
	const large = seededRandomness(2).bytes(100_000);
	await recording.call(request("read_file", "large", async () => large));
	await recording.finish(end);
	const { runId } = recording;
	fixture.store[Symbol.dispose]();
	const source = join(fixture.store.directory, "retake.db");
	const directory = join(fixture.directory, "changed");
	mkdirSync(directory);
	copyFileSync(source, join(directory, "retake.db"));
	const original = readWhole(directory, runId);

	const next = seededRandom(seed);
	const random: Random = (below) => Math.floor(next() * below);
	const names = Object.keys(kinds);
	const found: Record<string, Record<Finding, number>> = {};
	for (let count = 0; count < mutations; count++) {
		const name = names[count % names.length] ?? "";
		for (const ending of ["", "-wal", "-shm"]) writeFileSync(join(directory, `retake.db${ending}`), "");
		copyFileSync(source, join(directory, "retake.db"));
		const what = kinds[name]?.(join(directory, "retake.db"), random) ?? null;
		if (what === null) continue;
		const finding = look(directory, runId, original);
		expect(finding, `${name}: ${what}, mutation ${count}`).not.toBe("MISSED");
		const counts = (found[name] ??= { detected: 0, unchanged: 0, MISSED: 0 });
		counts[finding]++;
	}
	const detected = Object.values(found).reduce((sum, each) => sum + each.detected, 0);
	process.stdout.write(`${mutations} mutations, seed ${seed}: ${detected} detected, 0 missed\n`);
	// Bits of the file may lie where nothing is said; every other kind is always found out.
	const always = Object.entries(found).filter(([name]) => !/file|large payload/.test(name));
	for (const [name, { unchanged }] of always) expect(unchanged, name).toBe(0);
	expect(found["a bit of the file"]?.detected).toBeGreaterThan(0);
});
