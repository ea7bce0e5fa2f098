import { execFileSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createChangeset, emptyAttributes, type TreePath } from "@retake/changeset";
import { openStore, type Store } from "@retake/store";
import { DirectoryOracle, listTree, operationsBase, treeOperations } from "@retake/testkit";
import { beginOverlay, openSnapshots, type Snapshots, snapshotLayersMax } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let directory: string;
let workspace: DirectoryOracle;
let store: Store;
let snapshots: Snapshots;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "retake-snapshots-"));
	workspace = DirectoryOracle.empty();
	for (const write of operationsBase) workspace.write(write);
	store = openStore(join(directory, "store"), { clock: systemClock });
	snapshots = openSnapshots({ store, owner: null });
});
afterEach(() => {
	store[Symbol.dispose]();
	workspace[Symbol.dispose]();
	rmSync(directory, { recursive: true });
});
const at = (path: string): string => join(workspace.path, path);

describe("a snapshot of a directory", () => {
	test("holds what was there, for ever", async () => {
		const before = workspace.list();
		const snapshot = await snapshots.fromDirectory(workspace.path);
		for (const write of treeOperations.flatMap(({ writes }) => writes)) workspace.write(write);
		expect(listTree(snapshot)).toEqual(before);
		expect(snapshot.fileCount).toBe(3);
	});

	test("follows every operation by a layer of what changed", async () => {
		for (const operation of treeOperations) {
			for (const write of operation.writes) workspace.write(write);
			const snapshot = await snapshots.fromDirectory(workspace.path);
			expect(listTree(snapshot), operation.name).toEqual(workspace.list());
			expect(snapshot.layers.length, operation.name).toBeLessThanOrEqual(snapshotLayersMax);
			const fresh = openSnapshots({ store: otherStore(operation.name), owner: null });
			expect((await fresh.fromDirectory(workspace.path)).treeId, operation.name).toBe(snapshot.treeId);
		}
	});

	test("of an unchanged directory is the same one", async () => {
		const first = await snapshots.fromDirectory(workspace.path);
		const second = await snapshots.fromDirectory(workspace.path);
		expect(second).toBe(first);
	});

	test("sees a change that leaves size and modification time alone", async () => {
		const time = new Date(Date.now() - 60_000);
		utimesSync(at("a"), time, time);
		await snapshots.fromDirectory(workspace.path);
		writeFileSync(at("a"), "ALPHA");
		utimesSync(at("a"), time, time);
		expect(listTree(await snapshots.fromDirectory(workspace.path)).get("a")).toBe("file 644 ALPHA");
	});

	test("leaves out git directories, Retake's own and the store", async () => {
		for (const path of [".git/HEAD", "d/.git", ".retake/db", "d/.GIT/config"])
			workspace.write({ kind: "file", path, text: "x", mode: 0o644 });
		using inside = openStore(at("state"), { clock: systemClock });
		const snapshot = await openSnapshots({ store: inside, owner: null }).fromDirectory(workspace.path);
		expect([...listTree(snapshot).keys()].filter((path) => /git|retake|state/i.test(path))).toEqual([]);
	});

	test("of a tree with fifos and sockets is refused, naming all, opening none", async () => {
		execFileSync("mkfifo", [at("d/pipe"), at("other")]);
		await expect(snapshots.fromDirectory(workspace.path)).rejects.toMatchObject({
			code: "TREE_REFUSED",
			data: { paths: expect.arrayContaining(["d/pipe", "other"]) },
		});
		expect(readdirSync(store.treesDirectory)).toEqual([]);
	});

	test("of what does not exist, or is a file, says so", async () => {
		await expect(snapshots.fromDirectory(at("none"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
		await expect(snapshots.fromDirectory(at("a"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_DIRECTORY" });
	});

	test("can be cancelled, and leaves nothing", async () => {
		const cancelled = snapshots.fromDirectory(workspace.path, { signal: AbortSignal.abort() });
		await expect(cancelled).rejects.toMatchObject({ code: "INTERRUPTED" });
		expect(readdirSync(store.treesDirectory)).toEqual([]);
	});

	test("keeps a mode that forbids reading where it can be read at all, and names the file where not", async () => {
		chmodSync(at("a"), 0o000);
		if (process.geteuid?.() === 0) {
			expect((await snapshots.fromDirectory(workspace.path)).lookup("a" as TreePath)).toMatchObject({ mode: 0 });
		} else {
			const refused = { code: "TREE_REFUSED", data: { paths: ["a"] } };
			await expect(snapshots.fromDirectory(workspace.path)).rejects.toMatchObject(refused);
		}
		chmodSync(at("a"), 0o644);
	});

	test("copies a large file with holes as it is", async () => {
		writeFileSync(at("large"), "start");
		truncateSync(at("large"), 3 * 1024 * 1024 + 7);
		expect(listTree(await snapshots.fromDirectory(workspace.path))).toEqual(workspace.list());
	});
});

describe("kept snapshots", () => {
	test("are found by tree and by key, and collected when nobody keeps them", async () => {
		const base = await snapshots.fromDirectory(workspace.path);
		await using transaction = beginOverlay({
			snapshot: base,
			space: () => ({ root: mkdtempSync(join(directory, "space-")), layersMax: 10 }),
			owner: null,
			blobs: store.blobs,
		});
		const { changeset } = await transaction.step(async (layer) => {
			layer.writeFile("modules/x" as TreePath, [Buffer.from("x")], 0o644);
			layer.apply(createChangeset([{ path: "a" as TreePath, was: base.lookup("a" as TreePath), now: null }]));
		});
		const extended = snapshots.extend(base, { changeset, attributes: emptyAttributes }, "setup-key");
		expect(listTree(extended)).toEqual(listTree(transaction));
		snapshots[Symbol.dispose]();
		const again = openSnapshots({ store, owner: null });
		expect(again.find("setup-key")?.treeId).toBe(extended.treeId);
		expect(again.find("other")).toBeNull();
		mkdirSync(join(store.treesDirectory, "9z.part/left/over"), { recursive: true });
		expect(again.collect(() => [extended.treeId], { dryRun: true }).trees).toBe(1);
		expect(existsSync(join(store.treesDirectory, "9z.part"))).toBe(true);
		again.collect(() => [extended.treeId], { dryRun: false });
		expect(existsSync(join(store.treesDirectory, "9z.part"))).toBe(false);
		expect(again.open(base.treeId)).toBeNull();
		expect(listTree(again.open(extended.treeId) ?? base)).toEqual(listTree(extended));
		expect(again.collect(() => [], { dryRun: false }).trees).toBe(2);
		expect(readdirSync(store.treesDirectory)).toEqual([]);
	});
});

describe("a snapshot of a commit", () => {
	const git = (...args: string[]): string =>
		execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
			cwd: workspace.path,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	beforeEach(() => {
		git("init", "-q", "-b", "main");
		git("add", "-A");
		git("commit", "-qm", "first");
	});

	test("is what git checks out, by every kind of name, packed or not, bare or linked", async () => {
		const first = git("rev-parse", "HEAD");
		const listed = new Map(workspace.list());
		for (const path of [...listed.keys()]) if (/^(\.git|empty|d\/z)(\/|$)/.test(path)) listed.delete(path);
		symlinkSync("d", at("added"));
		git("add", "-A");
		git("commit", "-qm", "second");
		git("tag", "-a", "v1", first, "-m", "tag");
		for (const ref of [first, first.slice(0, 8), "v1", "HEAD~1", "main^", "main~"]) {
			const { snapshot, commit } = await snapshots.fromCommit(workspace.path, ref);
			expect(commit, ref).toBe(first);
			expect(listTree(snapshot), ref).toEqual(listed);
		}
		git("gc", "-q");
		git("worktree", "add", "-q", join(directory, "linked"), "-b", "side", first);
		git("clone", "-q", "--bare", ".", join(directory, "bare.git"));
		const fresh = openSnapshots({ store: otherStore("packed"), owner: null });
		expect((await fresh.fromCommit(join(directory, "linked"), "HEAD")).commit).toBe(first);
		expect(listTree((await fresh.fromCommit(join(directory, "bare.git"), "v1")).snapshot)).toEqual(listed);
	});

	test("that does not exist, or of no repository, is refused", async () => {
		await expect(snapshots.fromCommit(workspace.path, "nowhere")).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
		await expect(snapshots.fromCommit(directory, "HEAD")).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
	});
});

const otherStore = (name: string): Store => {
	const other = openStore(join(directory, `other-${name.replaceAll(/\W/g, "-")}`), { clock: systemClock });
	return other;
};
