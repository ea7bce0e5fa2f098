import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween } from "@retake/testkit";
import { type BranchCommit, type BranchOutcome, commitToBranch } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let place = "";
let repository = "";
let base = "";
const blobs = createMemoryBlobs();

function git(...args: readonly string[]): string {
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
	const allowed = ["-c", "protocol.file.allow=always"];
	return execFileSync("git", ["-C", repository, ...identity, ...allowed, ...args], {
		encoding: "utf8",
		stdio: "pipe",
	}).trim();
}

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-repositories-"));
	repository = join(place, "repository");
	mkdirSync(repository);
	git("init", "-q");
	writeFileSync(join(repository, "kept"), "kept\n");
	git("add", "-A");
	git("commit", "-qm", "base");
	base = git("rev-parse", "HEAD");
});
afterEach(() => rmSync(place, { recursive: true }));

const author = { name: "Re Take", email: "retake@example.org", timestamp: 1_700_000_000, timezoneOffset: -60 };
const addition = changesetBetween({}, { added: "added\n" }, blobs);

function commit(options: Partial<BranchCommit> = {}): Promise<BranchOutcome> {
	const message = "Add a file\n\nRetake-Run: 01ab";
	return commitToBranch({ repository, branch: "fix", base, changeset: addition, blobs, author, message, ...options });
}

function sound(): void {
	expect(git("fsck", "--strict", "--full", "--no-dangling")).not.toMatch(/error|missing|corrupt|bad/);
}

function gitFiles(): readonly string[] {
	return readdirSync(join(repository, ".git"), { recursive: true }).map(String).toSorted();
}

describe("the reflog is written where git would write it", () => {
	const log = (): string | null =>
		existsSync(join(repository, ".git/logs/refs/heads/fix"))
			? readFileSync(join(repository, ".git/logs/refs/heads/fix"), "utf8")
			: null;

	test("a new branch and its next commit, as `git reflog` shows them", async () => {
		await commit();
		await commit({ changeset: changesetBetween({}, { more: "more\n" }, blobs), message: "More\n\nbody" });
		expect(git("reflog", "show", "--format=%gs %gn <%ge>", "fix").split("\n")).toEqual([
			"commit: More Re Take <retake@example.org>",
			"commit: Add a file Re Take <retake@example.org>",
		]);
		const lines = log()?.trim().split("\n") ?? [];
		expect(lines[0]).toBe(
			`${"0".repeat(40)} ${git("rev-parse", "fix~")} Re Take <retake@example.org> 1700000000 +0100\tcommit: Add a file`,
		);
		expect(git("rev-parse", "fix@{1}")).toBe(git("rev-parse", "fix~"));
		sound();
	});

	test.each([
		["core.logAllRefUpdates=false", ["core.logAllRefUpdates", "false"], false],
		["core.logAllRefUpdates=always", ["core.logAllRefUpdates", "always"], true],
		["unset in a bare repository", ["core.bare", "true"], false],
		["unset elsewhere", ["core.bare", "false"], true],
	])("%s", async (_what, setting, isLogged) => {
		git("config", "--unset", "core.logAllRefUpdates");
		git("config", ...setting);
		await commit();
		expect(log() !== null).toBe(isLogged);
	});

	test("a log that is there goes on, whatever the configuration says", async () => {
		git("branch", "fix");
		git("config", "core.logAllRefUpdates", "false");
		await commit();
		expect(log()?.trim().split("\n")).toHaveLength(2);
	});
});

describe("refs", () => {
	test("a branch that is only in packed-refs moves", async () => {
		git("branch", "fix");
		git("pack-refs", "--all");
		await commit();
		expect(git("rev-parse", "fix~")).toBe(base);
	});

	test.each([
		["a", "a/b", "loose"],
		["a/b", "a", "loose"],
		["a", "a/b", "packed"],
		["a/b", "a", "packed"],
	])("the branch %s stands in the way of %s, %s", async (there, wanted, how) => {
		git("branch", there);
		if (how === "packed") git("pack-refs", "--all");
		const files = gitFiles();
		await expect(commit({ branch: wanted })).rejects.toMatchObject({ code: "USAGE" });
		expect(gitFiles()).toEqual(files);
	});

	test("empty directories that a deleted branch left are in nobody's way", async () => {
		mkdirSync(join(repository, ".git/refs/heads/fix/was/here"), { recursive: true });
		mkdirSync(join(repository, ".git/logs/refs/heads/fix/was"), { recursive: true });
		await commit();
		expect(git("rev-parse", "fix~")).toBe(base);
		expect(git("reflog", "fix")).toContain("commit: Add a file");
	});

	test("a symbolic one is refused, and names the branch to commit to", async () => {
		git("branch", "real");
		git("symbolic-ref", "refs/heads/fix", "refs/heads/real");
		await expect(commit()).rejects.toMatchObject({ code: "USAGE", remedy: expect.stringContaining("refs/heads/real") });
		expect(git("rev-parse", "real")).toBe(base);
	});

	test("a branch that is checked out by way of a symbolic one is refused", async () => {
		git("branch", "fix");
		git("symbolic-ref", "refs/heads/alias", "refs/heads/fix");
		git("checkout", "-q", "alias");
		await expect(commit()).rejects.toThrow(/checked out/);
	});

	test("with a detached HEAD every branch is free, also the one that it was detached from", async () => {
		git("checkout", "-q", "--detach");
		await commit({ branch: "main" });
		expect(git("rev-parse", "main~")).toBe(base);
		expect(git("rev-parse", "HEAD")).toBe(base);
	});

	test("a branch that is being rebased is refused, as git refuses it", async () => {
		git("checkout", "-q", "-b", "fix");
		writeFileSync(join(repository, "kept"), "mine\n");
		git("commit", "-qam", "mine");
		git("checkout", "-q", "main");
		writeFileSync(join(repository, "kept"), "theirs\n");
		git("commit", "-qam", "theirs");
		git("checkout", "-q", "fix");
		expect(() => git("rebase", "main")).toThrow();
		expect(() => git("branch", "-f", "fix", "main")).toThrow();
		await expect(commit()).rejects.toThrow(/checked out/);
	});
});

describe("objects", () => {
	test("borrowed from another repository, whose own are packed", async () => {
		git("gc", "-q");
		git("clone", "-q", "--shared", repository, join(place, "borrower"));
		repository = join(place, "borrower");
		expect(git("count-objects", "-v")).toMatch(/count: 0\n[^]*in-pack: 0/);
		await commit();
		expect(git("show", "fix:added")).toBe("added");
		sound();
	});

	test("a shallow clone", async () => {
		writeFileSync(join(repository, "kept"), "second\n");
		git("commit", "-qam", "second");
		git("clone", "-q", "--depth", "1", `file://${repository}`, join(place, "shallow"));
		repository = join(place, "shallow");
		base = git("rev-parse", "HEAD");
		await commit();
		expect(git("rev-list", "--count", "fix")).toBe("2");
		sound();
	});

	test("many are kept as one pack, which git reads; few each by itself", async () => {
		const many = Object.fromEntries(
			Array.from({ length: 300 }, (_, number) => [`file-${number}`, `${number}\n`.repeat(number * 5)]),
		);
		await commit({ changeset: changesetBetween({}, many, blobs) });
		expect(git("count-objects", "-v")).toMatch(/count: 3\n[^]*in-pack: 302\npacks: 1\n/);
		expect(git("show", "fix:file-299")).toBe("299\n".repeat(299 * 5).trim());
		sound();
		await commit();
		expect(git("count-objects", "-v")).toMatch(/count: 6\n[^]*packs: 1\n/);
		sound();
		git("gc", "-q");
		await commit({ changeset: changesetBetween({}, { "file-last": "last" }, blobs) });
		expect(git("ls-tree", "-r", "fix").split("\n")).toHaveLength(303);
		sound();
	});

	test("one of 20 MiB is streamed", async () => {
		const large = Buffer.alloc(20 * 2 ** 20, "0123456789abcde\n").toString();
		await commit({ changeset: changesetBetween({}, { large }, blobs) });
		expect(git("cat-file", "-s", "fix:large")).toBe(String(large.length));
		sound();
	});

	test("a repository whose group shares it gets objects and refs that the group can go on with", async () => {
		git("config", "core.sharedRepository", "group");
		execFileSync("chmod", ["-R", "g+ws", join(repository, ".git")]);
		await commit({ branch: "new/fix" });
		const modes = execFileSync("find", [join(repository, ".git"), "-type", "d", "!", "-perm", "-2770"], {
			encoding: "utf8",
		});
		expect(modes).toBe("");
		const ref = execFileSync("stat", ["-c", "%a", join(repository, ".git/refs/heads/new/fix")], { encoding: "utf8" });
		expect(ref.trim()).toBe("664");
	});
});

describe("repositories that cannot be written are refused and stay as they are", () => {
	test.each([
		["extensions.objectFormat", "sha256"],
		["extensions.refStorage", "reftable"],
		["core.repositoryFormatVersion", "2"],
	])("%s=%s", async (name, value) => {
		git("config", name, value);
		const files = gitFiles();
		await expect(commit()).rejects.toMatchObject({
			code: "USAGE",
			remedy: expect.stringContaining("the working tree"),
		});
		expect(gitFiles()).toEqual(files);
	});

	test("a pack with a flipped bit is named, and nothing is written", async () => {
		git("gc", "-q");
		const pack = join(repository, ".git/objects/pack");
		const name = readdirSync(pack).find((each) => each.endsWith(".pack")) ?? "";
		const bytes = readFileSync(join(pack, name));
		for (let at = 12; at < bytes.length - 20; at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
		execFileSync("chmod", ["u+w", join(pack, name)]);
		writeFileSync(join(pack, name), bytes);
		const files = gitFiles();
		await expect(commit()).rejects.toMatchObject({ code: "STORE_DAMAGED", remedy: expect.stringContaining("fsck") });
		expect(gitFiles()).toEqual(files);
	});
});
