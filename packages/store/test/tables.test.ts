import { join } from "node:path";
import { type BlobId, type ChangesetId, isRetakeError, RetakeError, sha256 } from "@retake/base";
import type { Changeset, TreePath } from "@retake/changeset";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { openStore, type Reference, type Store } from "../src/index.ts";
import { endWith, eventAt, runNamed, settableClock, temporaryDirectory } from "./fixture.ts";

function openTemporary(): Disposable & {
	readonly store: Store;
	readonly path: string;
	readonly clock: ReturnType<typeof settableClock>;
} {
	const directory = temporaryDirectory();
	const clock = settableClock();
	const store = openStore(join(directory.path, "store"), { clock });
	return {
		store,
		clock,
		path: directory.path,
		[Symbol.dispose]() {
			store[Symbol.dispose]();
			directory[Symbol.dispose]();
		},
	};
}

function changesetOf(content: BlobId, size: number): Changeset {
	const now = { kind: "file" as const, mode: 0o644, size, content };
	return { kind: "changeset", changes: [{ path: "file" as TreePath, was: null, now }] };
}

function inspect(path: string): Disposable & { counted(query: string): number } {
	const database = new Database(path, { readonly: true });
	return {
		counted: (query) => database.prepare(query).pluck().get() as number,
		[Symbol.dispose]: () => void database.close(),
	};
}

function* pieces(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
	for (let offset = 0; offset < bytes.byteLength; offset += size) yield bytes.subarray(offset, offset + size);
}

describe("blobs", () => {
	const mebibyte = 1024 * 1024;
	test.each([0, 1, 1000, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte + 5])(
		"%i bytes come back as they went in",
		(size) => {
			using fixture = openTemporary();
			const { store } = fixture;
			const bytes = Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) & 255));
			const written = store.blobs.writeChunks(pieces(bytes, 700_001));
			const again = store.blobs.writeChunks(pieces(bytes, 3 * mebibyte));
			expect(written).toEqual({ id: sha256(bytes), size });
			expect(again).toEqual(written);
			expect(store.blobs.write(bytes)).toBe(written.id);
			expect(Buffer.from(store.blobs.read(written.id)).equals(bytes)).toBe(true);
			const chunks = [...store.blobs.chunks(written.id)];
			expect(Math.max(0, ...chunks.map((chunk) => chunk.byteLength))).toBeLessThanOrEqual(mebibyte);
			expect(store.collectGarbage({ dryRun: true, graceMs: 0 })).toMatchObject({
				blobs: 1,
				bytes: size,
				changesets: 0,
			});
		},
	);

	test("bytes that rotted on the disk are not handed out", () => {
		using fixture = openTemporary();
		const id = fixture.store.blobs.write(Buffer.from("sound"));
		const database = new Database(join(fixture.store.directory, "retake.db"));
		database.exec("UPDATE blob_chunk SET bytes = CAST('sOund' AS BLOB)");
		database.close();
		expect(() => fixture.store.blobs.read(id)).toThrow("has other bytes than its name");
		expect(() => fixture.store.blobs.read("0".repeat(64) as BlobId)).toThrow("holds no bytes");
	});
});

describe("runs", () => {
	test("a candidate's beginning and end reach the disk with the end of its evaluation, and at once where none is under way", () => {
		using fixture = openTemporary();
		const { runs } = fixture.store;
		using database = inspect(join(fixture.path, "store", "retake.db"));
		const flushes = () => database.counted("SELECT count FROM flush");
		const evaluation = runNamed("ev1", { kind: "evaluation" });
		runs.begin(evaluation);
		const candidate = (name: string) => runNamed(name, { kind: "candidate", parentRunId: evaluation.runId });
		const before = flushes();
		runs.begin(candidate("ca1"));
		runs.end(candidate("ca1").runId, endWith());
		expect(flushes()).toBe(before);
		runs.end(evaluation.runId, endWith());
		expect(flushes()).toBe(before + 1);
		// One that is resumed later has nobody to flush after it.
		runs.begin(candidate("ca2"));
		runs.end(candidate("ca2").runId, endWith());
		runs.begin(runNamed("cb1", { parentRunId: candidate("ca2").runId }));
		expect(flushes()).toBe(before + 4);
	});

	const names: readonly (readonly [string, string])[] = [
		["ab1", "ab1000"],
		["@last", "ac1000"],
		["@last-failed", "ab2000"],
		["ac1".padEnd(16, "0"), "ac1000"],
		["ab", "RUN_AMBIGUOUS"],
		["zz", "RUN_NOT_FOUND"],
		["", "RUN_NOT_FOUND"],
		["a%", "RUN_NOT_FOUND"],
	];
	test.each(names)("%j resolves to %s", (name, expected) => {
		using fixture = openTemporary();
		const { runs } = fixture.store;
		runs.begin(runNamed("ab1", { startedAt: 1 }));
		runs.begin(runNamed("ab2", { startedAt: 2 }));
		runs.begin(runNamed("ac1", { startedAt: 3 }));
		runs.end(runNamed("ab2").runId, endWith({ failed: true }));
		try {
			expect(runs.resolve(name).runId.slice(0, 6)).toBe(expected);
		} catch (error) {
			if (!isRetakeError(error)) throw error;
			expect(error.code).toBe(expected);
		}
	});

	test("an empty store has no last run", () => {
		using fixture = openTemporary();
		expect(() => fixture.store.runs.resolve("@last")).toThrow("no run is named");
	});

	test("go from open to kept to decided, and nowhere else", () => {
		using fixture = openTemporary();
		const { runs, events } = fixture.store;
		const { runId } = runNamed("ab1");
		runs.begin(runNamed("ab1"));
		expect(() => runs.decide(runId, "committed")).toThrow("is open");
		events.append(runId, [eventAt(0), eventAt(1)]);
		expect(() => events.append(runId, [eventAt(3)])).toThrow("does not follow");
		expect(() => events.append(runId, [eventAt(2), eventAt(4)])).toThrow("does not follow");
		expect(events.count(runId)).toBe(2);
		runs.end(runId, endWith());
		expect(() => runs.end(runId, endWith())).toThrow("is kept");
		expect(() => events.append(runId, [eventAt(2)])).toThrow("has ended");
		runs.decide(runId, "committed");
		expect(() => runs.decide(runId, "rolled-back")).toThrow("is committed");
		runs.remove(runId);
		expect(() => runs.get(runId)).toThrow("no run is named");
		expect(() => events.append(runId, [eventAt(0)])).toThrow("no run is named");
	});

	test("tell all that they refer to, however much that is, and nothing of others", () => {
		using temporary = openTemporary();
		const { store } = temporary;
		const ids = Array.from({ length: 1_000 }, (_, index) => sha256(Buffer.from(`content ${index}`)));
		const references = ids.map((id, index): Reference => {
			return index % 3 === 0 ? { kind: "changeset", id: id as ChangesetId } : { kind: "blob", id: id as BlobId };
		});
		const [long, short, none] = [runNamed("1ong"), runNamed("2short"), runNamed("3none")];
		store.runs.begin(long, references.slice(1));
		store.runs.begin(short, references.slice(0, 256));
		store.runs.begin(none);
		const inOrder = (list: readonly Reference[]) => list.map(({ kind, id }) => `${kind} ${id}`).toSorted();
		const told = (run: typeof long) => Array.from(store.runs.references(run.runId), ({ kind, id }) => `${kind} ${id}`);
		expect(told(long)).toEqual(inOrder(references.slice(1)));
		expect(told(short)).toEqual(inOrder(references.slice(0, 256)));
		expect(told(none)).toEqual([]);
	});

	test("are listed newest first, by parent where one is asked for", () => {
		using fixture = openTemporary();
		const { runs } = fixture.store;
		const parent = runNamed("ab1", { startedAt: 1 });
		runs.begin(parent);
		runs.begin(runNamed("ab2", { startedAt: 2, parentRunId: parent.runId }));
		runs.begin(runNamed("ab3", { startedAt: 3 }));
		const titles = (filter?: Parameters<typeof runs.list>[0]) => runs.list(filter).map(({ title }) => title);
		expect(titles()).toEqual(["ab3", "ab2", "ab1"]);
		expect(titles({ limit: 1 })).toEqual(["ab3"]);
		expect(titles({ parentRunId: null })).toEqual(["ab3", "ab1"]);
		expect(titles({ parentRunId: parent.runId })).toEqual(["ab2"]);
	});
});

describe("atomically", () => {
	test("keeps all or nothing, and an inner failure undoes only the inner part", () => {
		using fixture = openTemporary();
		const { store } = fixture;
		const failure = new RetakeError("USAGE", "on purpose");
		store.atomically(() => {
			store.facts.set("setting", "outer", Buffer.from("1"));
			expect(() =>
				store.atomically(() => {
					store.facts.set("setting", "inner", Buffer.from("2"));
					throw failure;
				}),
			).toThrow(failure);
		});
		expect([...store.facts.list("setting")].map(({ key }) => key)).toEqual(["outer"]);
		expect(() =>
			store.atomically(() => {
				store.facts.delete("setting", "outer");
				throw failure;
			}),
		).toThrow(failure);
		expect(store.facts.get("setting", "outer")).not.toBeNull();
		expect(() => store.atomically(async () => 1)).toThrow("not a promise");
	});
});

describe("collectGarbage", () => {
	test("frees what nothing refers to, and nothing else", () => {
		using fixture = openTemporary();
		const { store, clock } = fixture;
		const [byEvent, byRun, byFact, lost] = ["event", "run", "fact", "lost"].map((text) =>
			store.blobs.write(Buffer.from(text)),
		);
		const { runId } = runNamed("ab1");
		store.runs.begin(runNamed("ab1"));
		store.events.append(runId, [eventAt(0)], [{ kind: "blob", id: byEvent as BlobId }]);
		const changesetId = store.changesets.write(changesetOf(byRun as BlobId, 3));
		store.runs.end(runId, endWith({ changesetId }));
		const lostChangeset = store.changesets.write(changesetOf(lost as BlobId, 4));
		store.facts.set("setup", "key", Buffer.from(`\xd9\x40${byFact}`, "latin1"));
		expect(store.collectGarbage({ dryRun: false }), "all of it is young").toEqual({
			blobs: 0,
			bytes: 0,
			bytesOnDisk: 0,
			changesets: 0,
		});
		clock.time += 3 * 60 * 60 * 1000;
		const report = { blobs: 1, bytes: 4, bytesOnDisk: 4, changesets: 1 };
		expect(store.collectGarbage({ dryRun: true })).toEqual(report);
		expect(store.blobs.has(lost as BlobId)).toBe(true);
		expect(store.collectGarbage({ dryRun: false })).toEqual(report);
		expect(store.blobs.has(lost as BlobId)).toBe(false);
		expect(() => store.changesets.read(lostChangeset)).toThrow("holds no changeset");
		expect(store.changesets.read(changesetId)).toEqual(changesetOf(byRun as BlobId, 3));
		for (const id of [byEvent, byRun, byFact]) expect(store.blobs.has(id as BlobId)).toBe(true);
		store.runs.remove(runId);
		store.facts.delete("setup", "key");
		expect(store.collectGarbage({ dryRun: false })).toEqual({ blobs: 3, bytes: 12, bytesOnDisk: 12, changesets: 1 });
	});
});
