import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { TreeId } from "@retake/base";
import { listDirectory, listTree } from "@retake/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerOf, SnapshotRoom } from "./snapshot-room.ts";

let room: SnapshotRoom;
beforeEach(() => {
	room = new SnapshotRoom();
	room.plant(2_500);
});
afterEach(() => room[Symbol.dispose]());

test("two processes that take a snapshot at once are both right", { timeout: 120_000 }, async () => {
	const expected = await room.freshTreeId();
	for (let round = 0; round < 3; round++) {
		const answers = await Promise.all([room.start(), room.start()].map(answerOf));
		expect(answers).toEqual([1, 2].map(() => ({ treeId: expected, fileCount: 2_500 })));
	}
	const snapshot = room.snapshots.open(expected as TreeId);
	expect(snapshot === null ? null : listTree(snapshot)).toEqual(listDirectory(room.workspace));
	expect(room.trees().filter((name) => name.includes(".part"))).toEqual([]);
});

test("one that was killed leaves nothing that the next would use", { timeout: 300_000 }, async () => {
	const seed = Number(process.hrtime.bigint() % 1_000_000n);
	process.stdout.write(`seed ${seed}\n`);
	let state = seed;
	let halfMade = 0;
	for (let kill = 0; kill < 12; kill++) {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		const child = room.start();
		// From its first word on, so that kills fall into the snapshot and not into the start of the process.
		if (child.stderr !== null) await once(child.stderr, "data");
		await setTimeout(state % 400);
		child.kill("SIGKILL");
		await once(child, "close");
		if (room.trees().some((name) => name.includes(".part"))) halfMade++;
	}
	process.stdout.write(`${halfMade} of 12 kills left something half-made\n`);
	expect(halfMade).toBeGreaterThan(0);
	const snapshot = await room.snapshots.fromDirectory(room.workspace);
	expect(listTree(snapshot)).toEqual(listDirectory(room.workspace));
	expect(snapshot.treeId).toBe(await room.freshTreeId());
	expect(room.trees().filter((name) => name.includes(".part"))).toEqual([]);
});

test("what another process uses is not collected; once it has ended, it is", { timeout: 60_000 }, async () => {
	const child = room.start("hold");
	if (child.stdout === null) throw new Error("the child's output is a pipe");
	const [line] = (await once(child.stdout, "data")) as [Buffer];
	const { treeId } = JSON.parse(line.toString()) as { treeId: TreeId };
	expect(room.snapshots.collect(() => [], { dryRun: false })).toMatchObject({ snapshots: 0, trees: 0 });
	expect(room.snapshots.open(treeId)).not.toBeNull();
	room.snapshots[Symbol.dispose]();
	child.stdin?.end();
	await once(child, "close");
	const counted = room.snapshots.collect(() => [], { dryRun: true });
	expect(counted).toMatchObject({ snapshots: 1, trees: 1 });
	expect(counted.bytes).toBeGreaterThan(2_500 * 512);
	expect(room.snapshots.open(treeId)).not.toBeNull();
	expect(room.snapshots.collect(() => [], { dryRun: false })).toEqual(counted);
	expect(room.snapshots.open(treeId)).toBeNull();
	expect(room.trees()).toEqual([]);
});
