import { execFileSync } from "node:child_process";
import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BlobReader, type Changeset, createMemoryBlobs, treePath } from "@retake/changeset";
import { changesetBetween, needs, normalisePlantedTree, plantTree, readPlantedTree } from "@retake/testkit";
import { type CommitOutcome, commitToWorktree } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findFoldedPaths } from "../../src/commit/require-renames.ts";
import { plantedArguments } from "./programs/planted-arguments.ts";

let place = "";
let root = "";
const program = fileURLToPath(new URL("programs/commit-planted.ts", import.meta.url));
const mounts: string[] = [];
const blobs = createMemoryBlobs();

const before = { edited: "old\n", folder: null, "folder/gone": "gone\n", "folder/kept": "kept\n", link: "-> edited" };
const after = { edited: "new\n", folder: null, "folder/kept": "kept\n", "folder/made": "made\n", link: "-> folder" };
const changeset = changesetBetween(before, after, blobs);

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-bad-target-"));
	root = join(place, "target");
	mkdirSync(root);
});
afterEach(() => {
	for (const path of mounts.splice(0).toReversed()) execFileSync("umount", [path]);
	rmSync(place, { recursive: true });
});

function mount(path: string, ...args: readonly string[]): void {
	execFileSync("mount", [...args, path]);
	mounts.push(path);
}

function commit(options: Partial<Parameters<typeof commitToWorktree>[0]> = {}): Promise<CommitOutcome> {
	return commitToWorktree({
		root,
		changeset,
		blobs,
		commitId: "commit1",
		onDrift: "refuse",
		lockWaitMs: 60,
		...options,
	});
}

/** Everything there is to see of the tree but `.retake`: bytes, modes, owners, times and inodes. */
function fingerprint(below = ""): readonly string[] {
	return readdirSync(join(root, below)).flatMap((name) => {
		const path = below === "" ? name : `${below}/${name}`;
		if (path === ".retake") return [];
		const { ino, mode, uid, mtimeNs, ctimeNs } = lstatSync(join(root, path), { bigint: true });
		const line = [path, ino, mode, uid, mtimeNs, ctimeNs].join(" ");
		if (lstatSync(join(root, path)).isDirectory()) return [line, ...fingerprint(path)];
		const isLink = lstatSync(join(root, path)).isSymbolicLink();
		return [`${line} ${isLink ? readlinkSync(join(root, path)) : readFileSync(join(root, path), "base64")}`];
	});
}

async function refusedUntouched(
	code: string,
	remedy: RegExp,
	options: Parameters<typeof commit>[0] = {},
): Promise<void> {
	const seen = fingerprint();
	await expect(commit(options)).rejects.toMatchObject({ code, remedy: expect.stringMatching(remedy) });
	expect(fingerprint()).toEqual(seen);
	const journal = join(root, ".retake/journal");
	expect(existsSync(journal) ? readdirSync(journal) : []).toEqual([]);
}

async function takesCommit(): Promise<void> {
	expect((await commit({ commitId: "afterwards" })).kind).toBe("committed");
	expect(readPlantedTree(root)).toEqual(normalisePlantedTree(after));
}

/** Blobs during the reading of which something happens, once: while contents are staged. */
function disturbedBlobs(disturb: () => void): BlobReader {
	let isDone = false;
	return {
		...blobs,
		*chunks(id) {
			if (!isDone) disturb();
			isDone = true;
			yield* blobs.chunks(id);
		},
	};
}

describe("disks", needs("root"), () => {
	test("a full one", async () => {
		mount(root, "-t", "tmpfs", "-o", "size=2m", "none");
		plantTree(root, before);
		const large: Changeset = changesetBetween({}, { large: "x".repeat(3 * 2 ** 20) }, blobs);
		await refusedUntouched("DISK_FULL", /free some space/, { changeset: large });
		execFileSync("sh", [
			"-c",
			'dd if=/dev/zero of="$1" bs=4k 2>/dev/null || true',
			"sh",
			join(root, ".retake/ballast"),
		]);
		await refusedUntouched("DISK_FULL", /free some space/);
		rmSync(join(root, ".retake/ballast"));
		await takesCommit();
	});

	test("one that was full before anything of Retake's was there", async () => {
		mount(root, "-t", "tmpfs", "-o", "size=1m,nr_inodes=7", "none");
		plantTree(root, before);
		await refusedUntouched("DISK_FULL", /free some space/);
	});

	test("a read-only one", async () => {
		plantTree(root, before);
		mount(root, "--bind", root);
		execFileSync("mount", ["-o", "remount,ro,bind", root]);
		await refusedUntouched("WORKSPACE_READ_ONLY", /branch:NAME/);
		expect(readdirSync(root)).not.toContain(".retake");
	});
});

describe("mounts within", needs("root"), () => {
	test.each([
		["another file system", (at: string) => mount(at, "-t", "tmpfs", "none"), "folder"],
		["the same file system once more", (at: string) => mount(at, "--bind", join(place, "bound")), "folder"],
		["a file", (at: string) => mount(at, "--bind", join(place, "bound/kept")), "edited"],
	])("%s", async (_what, mountAt, name) => {
		plantTree(root, before);
		mkdirSync(join(place, "bound"));
		writeFileSync(join(place, "bound/kept"), "kept\n");
		writeFileSync(join(place, "bound/gone"), "gone\n");
		mountAt(join(root, name));
		await refusedUntouched("COMMIT_FAILED", /unmount it/);
	});

	test(".retake itself", async () => {
		plantTree(root, before);
		mkdirSync(join(root, ".retake"));
		mount(join(root, ".retake"), "-t", "tmpfs", "none");
		await refusedUntouched("COMMIT_FAILED", /unmount it/);
	});
});

describe("permissions", needs("root"), () => {
	const user = { uid: 1500, gid: 1500 };

	/** Commits in a process of an ordinary user, who owns the tree. */
	function commitAsUser(): { kind: string; code?: string; remedy?: string } {
		chmodSync(place, 0o755);
		const args = [program, "worktree", root, ...plantedArguments(before, after)];
		return JSON.parse(execFileSync(process.execPath, args, { ...user, encoding: "utf8" }));
	}

	function refusedToUser(remedy: RegExp): void {
		const seen = fingerprint();
		const refusal = { kind: "threw", code: "WORKSPACE_READ_ONLY", remedy: expect.stringMatching(remedy) };
		expect(commitAsUser()).toEqual(refusal);
		expect(fingerprint()).toEqual(seen);
	}

	beforeEach(() => {
		plantTree(root, before);
		execFileSync("chown", ["-R", "1500:1500", root]);
	});

	test("a directory that may not be written, and the root", () => {
		chmodSync(join(root, "folder"), 0o555);
		refusedToUser(/writable/);
		chmodSync(join(root, "folder"), 0o755);
		rmSync(join(root, ".retake"), { recursive: true });
		chownSync(root, 0, 0);
		refusedToUser(/writable/);
		expect(readdirSync(root)).not.toContain(".retake");
		chownSync(root, user.uid, user.gid);
		expect(commitAsUser()).toEqual({ kind: "committed" });
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(after));
	});

	test("somebody else's file in a sticky directory", () => {
		chownSync(join(root, "folder"), 0, 0);
		chownSync(join(root, "folder/gone"), 0, 0);
		chmodSync(join(root, "folder"), 0o1777);
		refusedToUser(/as the owner/);
	});

	test.each([
		["+i", "edited"],
		["+a", "edited"],
		["+i", "folder"],
		["+a", "folder"],
	])("chattr %s %s", async (mark, name) => {
		execFileSync("chattr", [mark, join(root, name)]);
		try {
			await refusedUntouched("WORKSPACE_READ_ONLY", /chattr/);
		} finally {
			execFileSync("chattr", ["-i", "-a", join(root, name)]);
		}
		await takesCommit();
	});
});

describe("a target that changes under the commit", () => {
	test("its root is removed", async () => {
		plantTree(root, before);
		const disturbed = disturbedBlobs(() => rmSync(root, { recursive: true }));
		await expect(commit({ blobs: disturbed })).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
		expect(readdirSync(place)).toEqual([]);
	});

	test("its root is moved away: the commit goes on where the tree is now", async () => {
		plantTree(root, before);
		const outcome = await commit({ blobs: disturbedBlobs(() => renameSync(root, join(place, "moved"))) });
		expect(outcome.kind).toBe("committed");
		root = join(place, "moved");
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(after));
	});

	test("a directory that the commit needs is removed", async () => {
		plantTree(root, before);
		const outcome = await commit({ blobs: disturbedBlobs(() => rmSync(join(root, "folder"), { recursive: true })) });
		expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "folder", found: null }] });
		expect(readFileSync(join(root, "edited"), "utf8")).toBe("old\n");
	});
});

describe("state that is not Retake's", () => {
	test("a link in the place of .retake or of its journal is not followed", async () => {
		plantTree(root, before);
		mkdirSync(join(place, "elsewhere"));
		symlinkSync(join(place, "elsewhere"), join(root, ".retake"));
		await expect(commit()).rejects.toMatchObject({ code: "STORE_DAMAGED" });
		rmSync(join(root, ".retake"));
		mkdirSync(join(root, ".retake"));
		symlinkSync(join(place, "elsewhere"), join(root, ".retake/journal"));
		await expect(commit()).rejects.toMatchObject({ code: "STORE_DAMAGED" });
		expect(readdirSync(join(place, "elsewhere"))).toEqual([]);
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(before));
	});

	test("git at work in the tree is waited for, then told", async () => {
		plantTree(root, before);
		execFileSync("git", ["init", "-q"], { cwd: root });
		writeFileSync(join(root, ".git/index.lock"), "");
		await refusedUntouched("STORE_BUSY", /index\.lock/);
		setTimeout(() => rmSync(join(root, ".git/index.lock")), 100);
		expect((await commit({ lockWaitMs: 10_000 })).kind).toBe("committed");
	});

	test("git at work in a linked working tree too", async () => {
		const main = join(place, "main");
		mkdirSync(main);
		const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"];
		execFileSync("git", ["init", "-q"], { cwd: main });
		execFileSync("git", [...identity, "commit", "-q", "--allow-empty", "-m", "base"], { cwd: main });
		execFileSync("git", ["worktree", "add", "-q", root, "-b", "side"], { cwd: main, stdio: "pipe" });
		plantTree(root, before);
		writeFileSync(join(main, ".git/worktrees/target/index.lock"), "");
		await refusedUntouched("STORE_BUSY", /worktrees\/target\/index\.lock/);
	});
});

test("names that a file system may take for one are found, also those of directories on the way", () => {
	const paths = ["a/One", "a/one/two", "b", "caf\u00e9", "cafe\u0301", "A/three"].map((path) => treePath(path));
	expect(findFoldedPaths(paths).map((pair) => pair.join(" "))).toEqual(["a/One a/one", "caf\u00e9 cafe\u0301", "a A"]);
	expect(findFoldedPaths(["a/One", "a/two", "a"].map((path) => treePath(path)))).toEqual([]);
});
