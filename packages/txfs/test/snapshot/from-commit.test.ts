import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TreePath, treePathFromBytes } from "@retake/changeset";
import { listTree } from "@retake/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SnapshotRoom } from "./snapshot-room.ts";

let room: SnapshotRoom;
const git = (...words: string[]): string => {
	const author = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"];
	const options: ExecFileSyncOptionsWithStringEncoding = { cwd: room.workspace, encoding: "utf8", stdio: "pipe" };
	return execFileSync("git", [...author, "-c", "gc.auto=0", "-c", "core.ignorecase=false", ...words], options).trim();
};
const commitAll = (message: string): string => {
	git("add", "-A");
	git("commit", "-qm", message);
	return git("rev-parse", "HEAD");
};
beforeEach(() => {
	room = new SnapshotRoom();
	git("init", "-q", "-b", "main");
	writeFileSync(room.at("a"), "a");
});
afterEach(() => room[Symbol.dispose]());

test("names in other encodings, and names that differ by case alone, are kept apart as the commit has them", async () => {
	const names = [
		Buffer.from([0x66, 0xfc, 0x72]),
		Buffer.from("für"),
		Buffer.from([0xe2, 0x28, 0xa1]),
		Buffer.from("Ａ"),
	];
	for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${room.workspace}/`), name]), name);
	for (const name of ["Makefile", "makefile", "MAKEFILE"]) writeFileSync(room.at(name), name);
	symlinkSync(Buffer.from([0x66, 0xfc, 0x72]), room.at("link"));
	commitAll("names");
	const { snapshot } = await room.snapshots.fromCommit(room.workspace, "HEAD");
	for (const name of names) {
		const bytes = Buffer.concat([...snapshot.chunks(treePathFromBytes(name))]);
		expect(bytes.equals(name), name.toString("latin1")).toBe(true);
	}
	const tree = listTree(snapshot);
	for (const name of ["Makefile", "makefile", "MAKEFILE"]) expect(tree.get(name)).toBe(`file 644 ${name}`);
	// The directory holds the same, and says so by the same id.
	rmSync(room.at(".git"), { recursive: true });
	expect((await room.snapshots.fromDirectory(room.workspace)).treeId).toBe(snapshot.treeId);
});

test("submodules are named, and are empty directories", async () => {
	const other = join(room.path, "other");
	mkdirSync(other);
	execFileSync("git", ["init", "-q", other]);
	execFileSync("git", [
		"-C",
		other,
		"-c",
		"user.name=t",
		"-c",
		"user.email=t@e",
		"commit",
		"-qm",
		"x",
		"--allow-empty",
	]);
	commitAll("first");
	mkdirSync(room.at("libraries"));
	git("submodule", "add", "-q", other, "libraries/other");
	commitAll("with a submodule");
	for (const attempt of ["first", "again, from the store"]) {
		const { snapshot, submodules } = await room.snapshots.fromCommit(room.workspace, "HEAD");
		expect(submodules, attempt).toEqual(["libraries/other"]);
		expect(listTree(snapshot).get("libraries/other"), attempt).toBe("directory 755");
		expect(snapshot.entries("libraries/other" as TreePath), attempt).toEqual([]);
	}
});

test("a commit that was rebased away and pruned is refused by name, and so is one that lost a part", async () => {
	commitAll("first");
	writeFileSync(room.at("b"), "b");
	const gone = commitAll("second");
	const { snapshot } = await room.snapshots.fromCommit(room.workspace, gone);
	expect(snapshot.fileCount).toBe(2);
	git("reset", "-q", "--hard", "HEAD~1");
	git("reflog", "expire", "--expire=now", "--all");
	git("prune", "--expire=now");
	await expect(room.snapshots.fromCommit(room.workspace, gone)).rejects.toMatchObject({
		code: "BASE_NOT_FOUND",
		message: expect.stringContaining(`no longer holds "${gone}"`),
		remedy: expect.stringContaining("rebased away"),
	});
	writeFileSync(room.at("c"), "c");
	const cut = commitAll("third");
	const blob = git("rev-parse", "HEAD:c");
	rmSync(room.at(`.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`));
	await expect(room.snapshots.fromCommit(room.workspace, cut)).rejects.toMatchObject({
		code: "BASE_NOT_FOUND",
		data: { commit: cut, object: blob, path: "c" },
	});
	expect(room.trees().filter((name) => name.includes(".part"))).toEqual([]);
});

test("it can be cancelled, tells how far it is, and leaves nothing", async () => {
	room.plant(300);
	commitAll("many");
	const told: number[] = [];
	const { snapshot } = await room.snapshots.fromCommit(room.workspace, "HEAD", {
		onProgress: (files) => told.push(files),
	});
	expect(told.length).toBeGreaterThan(2);
	expect(snapshot.fileCount).toBe(301);
	room.snapshots.collect(() => [], { dryRun: false });
	const cancelled = room.snapshots.fromCommit(room.workspace, "HEAD", { signal: AbortSignal.abort() });
	await expect(cancelled).rejects.toMatchObject({ code: "INTERRUPTED" });
	expect(room.trees()).toEqual([]);
});
