import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GitObjects } from "../../src/git/objects/git-objects.ts";

let repository = "";

function git(args: readonly string[], input?: string): Buffer {
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"];
	return execFileSync("git", ["-C", repository, ...identity, ...args], { stdio: "pipe", ...(input ? { input } : {}) });
}

beforeAll(() => {
	repository = mkdtempSync(join(tmpdir(), "retake-objects-"));
	git(["init", "-q"]);
	let text = "";
	for (let revision = 0; revision < 60; revision++) {
		text += `revision ${revision} ${"x".repeat(revision % 7)}\n`;
		writeFileSync(join(repository, "long"), text.repeat(20));
		writeFileSync(join(repository, `file-${revision % 5}`), Buffer.alloc(revision * 1000, revision));
		git(["add", "-A"]);
		git(["commit", "-qm", `revision ${revision}`]);
	}
	git(["tag", "-a", "-m", "a tag", "v1"]);
});
afterAll(() => rmSync(repository, { recursive: true }));

/** Compares every object of the repository with what git says of it, and returns how many there are. */
function compareAll(): number {
	using objects = new GitObjects(join(repository, ".git"));
	const rows = git(["cat-file", "--batch-all-objects", "--batch-check"]).toString().trim().split("\n");
	for (const [oid = "", type = ""] of rows.map((row) => row.split(" "))) {
		const found = objects.read(oid);
		expect([oid, found?.type, Buffer.from(found?.bytes ?? []).equals(git(["cat-file", type, oid]))]).toEqual([
			oid,
			type,
			true,
		]);
	}
	return rows.length;
}

test("every object is read as git reads it: loose, then packed as deltas of both kinds", () => {
	const count = compareAll();
	expect(count).toBeGreaterThan(150);
	git(["-c", "pack.window=50", "-c", "repack.useDeltaBaseOffset=true", "repack", "-adfq", "--depth=40"]);
	expect(git(["count-objects", "-v"]).toString()).toMatch(/count: 0\n[^]*packs: 1\n/);
	expect(compareAll()).toBe(count);
	git(["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"]);
	expect(compareAll()).toBe(count);
});

test("an object that is not there is null, also one that was packed meanwhile is found", () => {
	using objects = new GitObjects(join(repository, ".git"));
	expect(objects.read("0".repeat(40))).toBeNull();
	const oid = git(["hash-object", "-w", "--stdin"], "packed meanwhile").toString().trim();
	git(["update-ref", "refs/blobs/one", oid]);
	git(["repack", "-adq"]);
	expect(Buffer.from(objects.read(oid)?.bytes ?? []).toString()).toBe("packed meanwhile");
	expect(objects.expand(oid.slice(0, 8))).toEqual(new Set([oid]));
});
