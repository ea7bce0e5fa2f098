import {
	appendFileSync,
	closeSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import type { TreePath } from "@retake/changeset";
import { listDirectory, listTree } from "@retake/testkit";
import { inlineFilesMax, passesMax } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SnapshotRoom } from "./snapshot-room.ts";

let room: SnapshotRoom;
beforeEach(() => {
	room = new SnapshotRoom();
});
afterEach(() => room[Symbol.dispose]());

test("many files are copied by threads, and the copy is the same", { timeout: 60_000 }, async () => {
	room.plant(inlineFilesMax + 1_500);
	const snapshot = await room.snapshots.fromDirectory(room.workspace);
	expect(snapshot.fileCount).toBe(inlineFilesMax + 1_500);
	expect(listTree(snapshot)).toEqual(listDirectory(room.workspace));
	// All of them touched, some changed: hashed and copied by threads into a layer over the first.
	const time = new Date(Date.now() - 5_000);
	for (let index = 0; index < snapshot.fileCount; index++) {
		const path = room.at(`d${Math.floor(index / 10)}/f${index}`);
		if (index % 7 === 0) appendFileSync(path, "more\n");
		utimesSync(path, time, time);
	}
	const second = await room.snapshots.fromDirectory(room.workspace);
	expect(second.layers).toHaveLength(2);
	expect(listTree(second)).toEqual(listDirectory(room.workspace));
	expect(room.trees().filter((name) => /new|part/.test(name))).toEqual([]);
});

test("what changes while the snapshot is taken is seen, wherever it is", async () => {
	room.plant(1_200);
	let changed = 0;
	const snapshot = await room.snapshots.fromDirectory(room.workspace, {
		onProgress: (files) => {
			if (files < 600 || changed++ > 0) return;
			// Read long ago, and still to be read.
			writeFileSync(room.at("d0/f0"), "changed behind the snapshot");
			writeFileSync(room.at("d99/f990"), "changed before it");
			rmSync(room.at("d1"), { recursive: true });
		},
	});
	expect(changed).toBeGreaterThan(0);
	expect(listTree(snapshot)).toEqual(listDirectory(room.workspace));
	expect(snapshot.treeId).toBe(await room.freshTreeId());
});

test("a tree that never holds still is refused with the paths, and nothing is left", async () => {
	room.plant(600);
	let passes = 0;
	let last = 0;
	const refused = room.snapshots.fromDirectory(room.workspace, {
		onProgress: (files) => {
			if (files < last) passes++;
			last = files;
			appendFileSync(room.at("d0/f0"), "x");
			appendFileSync(room.at("d3/f30"), "x");
		},
	});
	await expect(refused).rejects.toMatchObject({
		code: "TREE_CHANGED",
		data: { paths: ["d0/f0", "d3/f30"], count: 2, passes: passesMax },
	});
	// It was looked at again so often before it was refused.
	expect(passes).toBe(passesMax - 1);
	expect(room.trees()).toEqual([]);
	expect((await room.snapshots.fromDirectory(room.workspace)).fileCount).toBe(600);
});

test("a large file is not waited for once the snapshot is cancelled", async () => {
	room.plant(20);
	truncateSync(join(room.workspace, "d0/f0"), 20 * 1024 ** 3);
	const startedAt = process.hrtime.bigint();
	const cancelled = room.snapshots.fromDirectory(room.workspace, { signal: AbortSignal.timeout(300) });
	await expect(cancelled).rejects.toMatchObject({ code: "INTERRUPTED" });
	expect(Number(process.hrtime.bigint() - startedAt) / 1e9).toBeLessThan(10);
	expect(room.trees()).toEqual([]);
});

/** Makes the one file's stamps in the manifest those that it has now, as if it had been edited again within one tick of the clock. */
function forgeStamps(startedAfterNs: bigint): void {
	const [name = ""] = room.trees().filter((each) => each.endsWith(".manifest"));
	const path = join(room.store.treesDirectory, name);
	const { mtimeNs, ctimeNs } = statSync(room.at("a"), { bigint: true });
	const bytes = readFileSync(path);
	bytes.writeBigInt64LE(mtimeNs, bytes.length - 24);
	bytes.writeBigInt64LE(ctimeNs, bytes.length - 16);
	bytes.writeBigInt64LE(ctimeNs + startedAfterNs, "retake manifest 1\n".length);
	const descriptor = openSync(path, "r+");
	writeSync(descriptor, bytes);
	closeSync(descriptor);
}

test.each([
	["an edit within the tick of the clock in which the snapshot began is seen", 0n, "two"],
	["control: were its stamps trusted, it would not be", 1n, "one"],
])("%s", async (_title, startedAfterNs, expected) => {
	writeFileSync(room.at("a"), "one");
	await room.snapshots.fromDirectory(room.workspace);
	writeFileSync(room.at("a"), "two");
	forgeStamps(startedAfterNs);
	const snapshot = await room.snapshots.fromDirectory(room.workspace);
	expect(Buffer.concat([...snapshot.chunks("a" as TreePath)]).toString()).toBe(expected);
});
