import { execFileSync, spawn } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	realpathSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween, needs, plantTree } from "@retake/testkit";
import { commitToWorktree } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildSeries } from "./ground/workloads.ts";

const programs = `${import.meta.dirname}/programs`;
const before = buildSeries("types").states[0] ?? {};

let place = "";
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-faults-"));
});
afterEach(() => rmSync(place, { recursive: true }));

function plantRoot(label: string): string {
	const root = join(place, label);
	mkdirSync(root);
	plantTree(root, before);
	return root;
}

test("a full disk and a read-only one: told apart, the tree as it was", needs("root"), async () => {
	const mounted = join(place, "mounted");
	mkdirSync(mounted);
	const script = `
		mount -t tmpfs -o size=64k none "$1" && "$2" "$3" naive types "$1" 2>/dev/null; rm -rf "$1"/*
		cp -a "$4/." "$1" && cp -a "$1" "$1.before"
		dd if=/dev/zero of="$1/ballast" bs=4k 2>/dev/null
		"$2" "$3" series types "$1"; rm "$1/ballast"
		diff -r --no-dereference --exclude=.retake "$1" "$1.before" && echo same
		mount -o remount,ro "$1" && "$2" "$3" series types "$1"
		diff -r --no-dereference --exclude=.retake "$1" "$1.before" && echo same`;
	const args = [
		"-m",
		"sh",
		"-c",
		script,
		"sh",
		mounted,
		process.execPath,
		`${programs}/worker.ts`,
		plantRoot("template"),
	];
	const lines = execFileSync("unshare", args, { encoding: "utf8" }).trim().split("\n").slice(-4);
	expect(lines[0]).toContain('"code":"DISK_FULL"');
	expect(lines[1]).toBe("same");
	expect(lines[2]).toContain('"code":"WORKSPACE_READ_ONLY"');
	expect(lines[3]).toBe("same");
});

test("a parent directory swapped for a link during commits: no file gets out; checking a real path first lets some out", async () => {
	const root = join(place, "tree");
	const outside = join(place, "outside");
	for (const directory of [root, outside, join(root, "folder")]) mkdirSync(directory);
	symlinkSync(outside, join(root, "link"));
	const attacker = spawn(process.execPath, [`${programs}/swap-parent.ts`, root], { stdio: "ignore" });
	try {
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(naiveEscapes(root, outside)).toBeGreaterThan(0);
		const blobs = createMemoryBlobs();
		const kinds: Record<string, number> = {};
		const endsAt = Date.now() + 10_000;
		let attempts = 0;
		for (; attempts < 2_000 && Date.now() < endsAt; attempts++) {
			const path = `folder/file-${attempts}`;
			const changeset = changesetBetween({ folder: null }, { folder: null, [path]: "x" }, blobs);
			const commit = { root, changeset, blobs, commitId: `race-${attempts}`, onDrift: "refuse" } as const;
			const kind = await commitToWorktree(commit).then(
				(outcome) => outcome.kind,
				// An entry that the attacker keeps pending stands in the way of the next commit, which says so.
				(error: { code?: string }) => String(error.code),
			);
			kinds[kind] = (kinds[kind] ?? 0) + 1;
			expect(readdirSync(outside)).toEqual([]);
		}
		console.log(`parent swapped: ${attempts} attempts, 0 escapes`, kinds);
		expect(kinds["committed"]).toBeGreaterThan(0);
		expect(kinds["aborted"]).toBeGreaterThan(0);
	} finally {
		attacker.kill("SIGKILL");
	}
});

/** The control: makes sure of the real path, then renames by that path. Returns how many of its files got out, and removes them. */
function naiveEscapes(root: string, outside: string): number {
	for (let attempt = 0; attempt < 20_000; attempt++) {
		writeFileSync(join(root, "staged"), "x");
		const parent = join(root, "folder");
		try {
			if (realpathSync(parent) === realpathSync(root) + "/folder")
				renameSync(join(root, "staged"), join(parent, "out"));
		} catch (error) {
			if (!(error instanceof Error && "code" in error)) throw error;
		}
		if (existsSync(join(outside, "out"))) {
			rmSync(join(outside, "out"));
			rmSync(join(root, "staged"), { force: true });
			return 1;
		}
	}
	return 0;
}
