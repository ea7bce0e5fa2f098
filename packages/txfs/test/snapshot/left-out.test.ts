import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createChangeset, type TreePath } from "@retake/changeset";
import { openStore } from "@retake/store";
import { listTree } from "@retake/testkit";
import { commitToWorktree } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SnapshotRoom } from "./snapshot-room.ts";

let room: SnapshotRoom;
beforeEach(() => {
	room = new SnapshotRoom();
	for (const path of ["src", "build/out", "packages/a/node_modules/x", "logs"])
		mkdirSync(room.at(path), { recursive: true });
	for (const path of ["src/a.ts", "src/debug.log", "build/out/b", "packages/a/node_modules/x/i.js", "logs/keep.log"])
		writeFileSync(room.at(path), path);
});
afterEach(() => room[Symbol.dispose]());

const files = async (patterns: { exclude?: string[]; include?: string[] }): Promise<string[]> => {
	const tree = listTree(await room.snapshots.fromDirectory(room.workspace, patterns));
	return [...tree].filter(([, node]) => node.startsWith("file")).map(([path]) => path);
};

test.each([
	[{ exclude: ["node_modules"] }, ["build/out/b", "logs/keep.log", "src/a.ts", "src/debug.log"]],
	[{ exclude: ["/build"] }, ["logs/keep.log", "packages/a/node_modules/x/i.js", "src/a.ts", "src/debug.log"]],
	[
		{ exclude: ["*.log"], include: ["logs/*.log"] },
		["build/out/b", "logs/keep.log", "packages/a/node_modules/x/i.js", "src/a.ts"],
	],
	[{ exclude: ["src/**", "packages/a", "b"] }, ["logs/keep.log"]],
	[
		{ exclude: ["build"], include: ["build/out/b"] },
		["logs/keep.log", "packages/a/node_modules/x/i.js", "src/a.ts", "src/debug.log"],
	],
])("%j leaves out what it says, and nothing else", async (patterns, expected) => {
	expect(await files(patterns)).toEqual(expected);
	// Once more over the snapshot before, and then without the patterns.
	expect(await files(patterns)).toEqual(expected);
	expect(await files({})).toHaveLength(5);
});

test("what is left out and made by a candidate conflicts when it is committed", async () => {
	const base = await room.snapshots.fromDirectory(room.workspace, { exclude: ["build"] });
	expect(base.lookup("build" as TreePath)).toBeNull();
	const id = room.store.blobs.write(Buffer.from("the candidate's"));
	const now = { kind: "file", mode: 0o644, size: 15, content: id } as const;
	const directory = { kind: "directory", mode: 0o755 } as const;
	const changeset = createChangeset([
		{ path: "build" as TreePath, was: null, now: directory },
		{ path: "build/out" as TreePath, was: null, now: directory },
		{ path: "build/out/b" as TreePath, was: null, now },
	]);
	const outcome = await commitToWorktree({
		root: room.workspace,
		commitId: "one",
		changeset,
		blobs: room.store.blobs,
		onDrift: "refuse",
	});
	expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "build/out/b", was: null }] });
	expect(readFileSync(room.at("build/out/b"), "utf8")).toBe("build/out/b");
});

test("stores are left out, whatever they are called and wherever they lie", async () => {
	using own = openStore(room.at("src/state"), { clock: systemClock });
	using other = openStore(join(room.at("packages/a"), ".retake"), { clock: systemClock });
	const found = (await files({})).filter((path) => /state|retake/.test(path));
	expect([own.directory, other.directory]).toHaveLength(2);
	expect(found).toEqual([]);
	// Proof that it is the store that is left out, not its name.
	mkdirSync(room.at("packages/.retake"));
	writeFileSync(room.at("packages/.retake/notes"), "mine");
	expect(await files({})).toContain("packages/.retake/notes");
});
