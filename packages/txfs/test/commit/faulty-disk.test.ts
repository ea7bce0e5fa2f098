import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normalisePlantedTree, type PlantedTree, plantTree, readPlantedTree } from "@retake/testkit";
import { recoverWorktree } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { plantedArguments } from "./programs/planted-arguments.ts";

const program = fileURLToPath(new URL("programs/commit-planted.ts", import.meta.url));
let place = "";
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-faulty-disk-"));
});
afterEach(() => rmSync(place, { recursive: true }));

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);
const before: PlantedTree = Object.fromEntries(numbers(150).map((number) => [`file-${number}`, `old ${number}\n`]));
const afterwards = (count: number): PlantedTree => ({
	...before,
	...Object.fromEntries(numbers(count).map((number) => [`file-${number}`, `new ${number}\n`])),
});
// Few are flushed one by one, more all at once, many are a pack of git's.
const counts = [2, 20, 120] as const;

interface Ended {
	readonly kind: string;
	readonly code?: string;
	/** The traced calls, those that strace met with a fault marked `INJECTED`. */
	readonly calls: readonly string[];
}

/** Runs the program under strace, which does something to its system calls. Those on its standard streams are left out. */
function underFault(label: string, inject: string, target: string, after: PlantedTree): Ended {
	const root = join(place, label);
	const log = join(place, `${label}.log`);
	const strace = [
		"-f",
		"-qq",
		"--seccomp-bpf",
		"-o",
		log,
		"-e",
		"trace=fsync,syncfs,pwrite64,renameat2",
		"-e",
		`inject=${inject}`,
	];
	const args = [...strace, process.execPath, program, target, root, ...plantedArguments(before, after)];
	const output = execFileSync("strace", args, {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "inherit"],
		timeout: 20_000,
	});
	const calls = readFileSync(log, "utf8").split("\n");
	return { ...JSON.parse(output), calls: calls.filter((line) => /\w+\((?:[3-9]|\d\d)/.test(line)) };
}

function plant(label: string): string {
	const root = join(place, label);
	mkdirSync(root);
	plantTree(root, before);
	return root;
}

function plantRepository(label: string): { root: string; git: (...args: readonly string[]) => string } {
	const root = plant(label);
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"];
	const git = (...args: readonly string[]): string =>
		execFileSync("git", ["-C", root, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
	git("init", "-q");
	git("add", "-A");
	git("commit", "-qm", "base");
	return { root, git };
}

function injected({ calls }: Ended): readonly string[] {
	return calls.filter((line) => line.includes("(INJECTED)"));
}

// Every other write takes nothing at all, as a write may that was interrupted.
const shortWrites = "pwrite64:retval=0:when=1+2";

describe("writes that write less than they were given lose nothing", () => {
	test.each(counts)("%i files to a working tree", (count) => {
		const root = plant("tree");
		const ended = underFault("tree", shortWrites, "worktree", afterwards(count));
		expect(ended.kind).toBe("committed");
		expect(injected(ended).length).toBeGreaterThan(count);
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(afterwards(count)));
		expect(readFileSync(join(root, ".retake/.gitignore"), "utf8")).toBe("*\n");
	});

	test.each(counts)("%i files to a branch", (count) => {
		const { git } = plantRepository("repository");
		const target = `branch:${git("rev-parse", "HEAD")}`;
		const ended = underFault("repository", shortWrites, target, afterwards(count));
		expect(ended.kind).toBe("committed");
		expect(injected(ended).length).toBeGreaterThan(count);
		expect(git("fsck", "--strict", "--full")).toBe("");
		expect(git("diff", "--name-only", "HEAD", "planted").split("\n")).toHaveLength(count);
		expect(git("reflog", "planted")).toContain("planted@{0}: commit: planted");
	});

	test("to a patch", () => {
		const root = plant("tree");
		const file = join(place, "fix.patch");
		expect(injected(underFault("tree", shortWrites, `patch:${file}`, afterwards(20)))).toHaveLength(1);
		execFileSync("git", ["apply", file], { cwd: root });
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(afterwards(20)));
	});

	test("control: who writes once and does not look loses it all", () => {
		const file = join(place, "written-once");
		const once = `const fs = require("fs"); fs.writeSync(fs.openSync(${JSON.stringify(file)}, "w"), Buffer.from("all"), 0, 3, 0)`;
		const strace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", `inject=${shortWrites}`];
		execFileSync("strace", [...strace, process.execPath, "-e", once]);
		expect(readFileSync(file, "utf8")).toBe("");
	});
});

describe("a flush that failed is never tried again", () => {
	const flushesMax = 5;

	/** One flush: the nth call of its name. At its exit Node flushes its own output too, and where that fails it tries for ever. */
	interface Flush {
		readonly name: "fsync" | "syncfs";
		readonly nth: number;
	}

	/** Lists flushes of a commit that meets no fault: the first, the last, and some between. */
	function listFlushes(target: string, count: number): readonly Flush[] {
		const { calls } = underFault("rehearsal", "fsync,syncfs:delay_enter=0", target, afterwards(count));
		const flushes = (["fsync", "syncfs"] as const).flatMap((name) => {
			const found = calls.filter((line) => line.includes(` ${name}(`));
			return found.map((_, index) => ({ name, nth: index + 1 }));
		});
		const step = Math.max(1, (flushes.length - 1) / (flushesMax - 1));
		const chosen = Array.from({ length: flushesMax }, (_, index) => flushes[Math.round(index * step)]);
		return chosen.filter((flush) => flush !== undefined);
	}

	/** Fails one flush, and checks that none follows it. */
	function failFlush(label: string, { name, nth }: Flush, target: string, count: number): Ended {
		const ended = underFault(label, `${name}:error=EIO:when=${nth}`, target, afterwards(count));
		const at = ended.calls.findIndex((line) => line.includes("(INJECTED)"));
		expect(at).toBeGreaterThanOrEqual(0);
		expect(ended.calls.slice(at + 1).filter((line) => /\b(?:fsync|syncfs)\(/.test(line))).toEqual([]);
		return ended;
	}

	test.each([2, 120])("%i files to a working tree", async (count) => {
		const kinds: string[] = [];
		plant("rehearsal");
		for (const flush of listFlushes("worktree", count)) {
			const label = `tree-${flush.name}-${flush.nth}`;
			const root = plant(label);
			const ended = failFlush(label, flush, "worktree", count);
			kinds.push(ended.kind);
			if (ended.kind === "threw") expect(ended.code).toBe("COMMIT_FAILED");
			await recoverWorktree(root);
			expect(readPlantedTree(root)).toEqual(normalisePlantedTree(ended.kind === "threw" ? before : afterwards(count)));
			expect(readdirSync(join(root, ".retake/journal"))).toEqual([]);
		}
		expect(new Set(kinds)).toEqual(new Set(["threw", "committed-recovery-pending"]));
	});

	test.each([2, 120])("%i files to a branch", (count) => {
		const ends: string[] = [];
		const rehearsal = plantRepository("rehearsal");
		for (const flush of listFlushes(`branch:${rehearsal.git("rev-parse", "HEAD")}`, count)) {
			const label = `repository-${flush.name}-${flush.nth}`;
			const { git, root } = plantRepository(label);
			const ended = failFlush(label, flush, `branch:${git("rev-parse", "HEAD")}`, count);
			ends.push(ended.code ?? ended.kind);
			const isThere = existsSync(join(root, ".git/refs/heads/planted"));
			expect(isThere).toBe(ended.code === "COMMIT_PENDING");
			expect(git("fsck", "--strict", "--full")).not.toMatch(/error|missing|corrupt/);
			expect(readdirSync(join(root, ".git/refs/heads")).filter((name) => name.endsWith(".lock"))).toEqual([]);
			expect(execFileSync("find", [join(root, ".git/objects"), "-name", "tmp_*"], { encoding: "utf8" })).toBe("");
		}
		// The last one, of the ref's directory.
		expect(ends.filter((end) => end === "COMMIT_PENDING")).toHaveLength(1);
		expect(ends.length).toBeGreaterThan(2);
		expect(new Set(ends)).toEqual(new Set(["COMMIT_FAILED", "COMMIT_PENDING"]));
	});

	test("to a patch: nothing is left of it", () => {
		const file = join(place, "fix.patch");
		plant("tree");
		const ended = failFlush("tree", { name: "fsync", nth: 1 }, `patch:${file}`, 2);
		expect(ended).toMatchObject({ kind: "threw", code: "COMMIT_FAILED" });
		expect(readdirSync(place).toSorted()).toEqual(["tree", "tree.log"]);
	});
});

describe("a file system that cannot swap two names in one step", () => {
	test("is refused before anything is written, and says where to commit instead", () => {
		const root = plant("tree");
		const ended = underFault("tree", "renameat2:error=EINVAL:when=1", "worktree", afterwards(20));
		expect(ended).toMatchObject({
			kind: "threw",
			code: "COMMIT_FAILED",
			remedy: expect.stringContaining("patch:FILE"),
		});
		expect(injected(ended)).toHaveLength(1);
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree(before));
		expect(readdirSync(join(root, ".retake/journal"))).toEqual([]);
	});

	test("control: found out after the commit point, it would be pending", () => {
		plant("tree");
		const ended = underFault("tree", "renameat2:error=EINVAL:when=3", "worktree", afterwards(20));
		expect(ended.kind).toBe("committed-recovery-pending");
	});
});
