import { execFileSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Changeset, createMemoryBlobs } from "@retake/changeset";
import { changesetBetween } from "@retake/testkit";
import { type BranchCommit, type BranchOutcome, commitToBranch } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let place = "";
let repository = "";
let base = "";
const blobs = createMemoryBlobs();

function git(...args: readonly string[]): string {
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
	return execFileSync("git", ["-C", repository, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-branch-"));
	repository = join(place, "repository");
	mkdirSync(repository);
	git("init", "-q");
	writeFileSync(join(repository, "kept"), "kept\n");
	writeFileSync(join(repository, "edited"), "old\n");
	writeFileSync(join(repository, "turns"), "file\n");
	mkdirSync(join(repository, "folder/sub"), { recursive: true });
	writeFileSync(join(repository, "folder/sub/only"), "only\n");
	execFileSync("sh", ["-c", "echo raw > \"$(printf 'raw-\\377')\""], { cwd: repository });
	git("add", "-A");
	git("commit", "-qm", "base");
	base = git("rev-parse", "HEAD");
});
afterEach(() => rmSync(place, { recursive: true }));

const before = { edited: "old\n", turns: "file\n", folder: null, "folder/sub": null, "folder/sub/only": "only\n" };
const after = {
	"edited@755": "new\n",
	turns: null,
	"turns/into": "folder\n",
	folder: "now a file\n",
	link: "-> kept",
	emptyOne: null,
};

function commit(changeset: Changeset, options: Partial<BranchCommit> = {}): Promise<BranchOutcome> {
	const author = { name: "Re Take", email: "retake@example.org", timestamp: 1_700_000_000, timezoneOffset: -60 };
	const message = "retake: fix";
	return commitToBranch({ repository, branch: "retake/fix", base, changeset, blobs, author, message, ...options });
}

test("git itself reads the branch: contents, modes, types, author, and finds the repository sound", async () => {
	const outcome = await commit(changesetBetween(before, after, blobs));
	expect(outcome).toEqual({ kind: "committed", branch: "retake/fix", oid: git("rev-parse", "retake/fix") });
	expect(git("diff", "--name-status", "--no-renames", base, "retake/fix").split("\n").toSorted()).toEqual([
		"A\tfolder",
		"A\tlink",
		"A\tturns/into",
		"D\tfolder/sub/only",
		"D\tturns",
		"M\tedited",
	]);
	expect(git("show", "retake/fix:edited")).toBe("new");
	expect(git("ls-tree", "retake/fix", "edited")).toMatch(/^100755 /);
	expect(git("ls-tree", "retake/fix", "link")).toMatch(/^120000 /);
	expect(git("log", "-1", "--format=%an <%ae> %ai%n%P %B", "retake/fix")).toBe(
		`Re Take <retake@example.org> 2023-11-14 23:13:20 +0100\n${base} retake: fix`,
	);
	expect(git("fsck", "--strict", "--full")).not.toMatch(/error|missing|corrupt/);
	expect(git("status", "--porcelain")).toBe("");
	expect(git("ls-tree", "retake/fix")).toContain('"raw-\\377"');
});

test("a second commit goes on from the branch's tip; the same once more makes no commit", async () => {
	await commit(changesetBetween(before, after, blobs));
	const next = changesetBetween({}, { second: "2\n" }, blobs);
	const outcome = await commit(next);
	expect(git("rev-list", "--count", `${base}..retake/fix`)).toBe("2");
	expect(await commit(next)).toEqual(outcome);
});

test("drift on the tip is a conflict and the branch stays", async () => {
	git("branch", "retake/fix");
	git("checkout", "-q", "retake/fix");
	writeFileSync(join(repository, "edited"), "theirs\n");
	git("commit", "-qam", "theirs");
	git("checkout", "-q", "main");
	const tip = git("rev-parse", "retake/fix");
	const outcome = await commit(changesetBetween(before, after, blobs));
	expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "edited" }] });
	expect(git("rev-parse", "retake/fix")).toBe(tip);
});

test("a file on the tip is not replaced by a directory that the changeset takes for granted", async () => {
	const outcome = await commit(changesetBetween({ kept: null }, { kept: null, "kept/x": "x" }, blobs));
	expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "kept", found: { kind: "file" } }] });
});

describe("repositories", () => {
	test("packed refs and packed objects", async () => {
		git("branch", "retake/fix");
		git("gc", "-q");
		git("pack-refs", "--all");
		expect(existsSync(join(repository, ".git/refs/heads/retake/fix"))).toBe(false);
		expect((await commit(changesetBetween(before, after, blobs))).kind).toBe("committed");
		expect(git("rev-list", "--count", `${base}..retake/fix`)).toBe("1");
	});

	test("a linked working tree and a bare clone", async () => {
		git("worktree", "add", "-q", join(place, "linked"), "-b", "side");
		await commit(changesetBetween(before, after, blobs), { repository: join(place, "linked") });
		expect(git("show", "retake/fix:edited")).toBe("new");
		await expect(commit(changesetBetween({}, { a: "a" }, blobs), { branch: "side" })).rejects.toThrow(/checked out/);
		git("clone", "-q", "--bare", repository, join(place, "bare.git"));
		repository = join(place, "bare.git");
		const outcome = await commit(changesetBetween(before, after, blobs), { branch: "main" });
		expect(outcome).toMatchObject({ kind: "committed", oid: git("rev-parse", "main") });
	});

	test("one that keeps its objects by SHA-256 is refused", async () => {
		repository = join(place, "other");
		mkdirSync(repository);
		git("init", "-q", "--object-format=sha256");
		await expect(commit(changesetBetween({}, { a: "a" }, blobs))).rejects.toMatchObject({ code: "USAGE" });
	});

	test("none at all, and a base that is no commit", async () => {
		const changeset = changesetBetween({}, { a: "a" }, blobs);
		await expect(commit(changeset, { base: "0".repeat(40) })).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
		await expect(commit(changeset, { repository: place })).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
	});
});

describe("refusals leave every ref as it was", () => {
	test("the branch that is checked out", async () => {
		const rejected = commit(changesetBetween(before, after, blobs), { branch: "main" });
		await expect(rejected).rejects.toMatchObject({
			code: "USAGE",
			remedy: expect.stringContaining("the working tree"),
		});
		expect(git("rev-parse", "main")).toBe(base);
	});

	test("a locked ref", async () => {
		git("branch", "retake/fix");
		writeFileSync(join(repository, ".git/refs/heads/retake/fix.lock"), "");
		const objects = git("count-objects");
		await expect(commit(changesetBetween(before, after, blobs))).rejects.toMatchObject({ code: "STORE_BUSY" });
		expect(git("count-objects")).toBe(objects);
		expect(git("rev-parse", "retake/fix")).toBe(base);
		expect(readFileSync(join(repository, ".git/refs/heads/retake/fix.lock"), "utf8")).toBe("");
	});

	test("names that git refuses, and names in each other's way", async () => {
		const changeset = changesetBetween({}, { a: "a" }, blobs);
		for (const branch of ["", "../x", "a..b", "a.lock", "-x", "a b", "a/", ".a", "HEAD", "a@{b"]) {
			await expect(commit(changeset, { branch })).rejects.toMatchObject({ code: "USAGE" });
		}
		git("branch", "retake");
		await expect(commit(changeset)).rejects.toMatchObject({ code: "USAGE" });
		git("pack-refs", "--all");
		await expect(commit(changeset)).rejects.toMatchObject({ code: "USAGE" });
		expect(git("for-each-ref", "--format=%(refname)").split("\n")).toEqual(["refs/heads/main", "refs/heads/retake"]);
	});

	test("hooks and filters of the tree never run", async () => {
		writeFileSync(join(repository, ".git/hooks/reference-transaction"), `#!/bin/sh\ntouch ${place}/ran\n`);
		chmodSync(join(repository, ".git/hooks/reference-transaction"), 0o755);
		symlinkSync("/etc/passwd", join(repository, "planted"));
		await commit(changesetBetween({}, { ".gitattributes": "* filter=evil\n" }, blobs));
		expect(existsSync(join(place, "ran"))).toBe(false);
		git("branch", "control");
		expect(existsSync(join(place, "ran"))).toBe(true);
	});
});

test("of two commits to one branch at once, both land and neither is lost", async () => {
	const both = ["one", "two", "three"].map((name) => commit(changesetBetween({}, { [name]: name }, blobs)));
	const settled = await Promise.allSettled(both);
	const landed = settled.filter(({ status }) => status === "fulfilled").length;
	expect(landed).toBeGreaterThan(0);
	expect(git("rev-list", "--count", `${base}..retake/fix`)).toBe(String(landed));
	for (const result of settled)
		if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "STORE_BUSY" });
});
