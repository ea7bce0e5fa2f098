import { execFileSync, spawn } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
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
import { commitToWorktree, recoverWorktree } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteFigures, pointsMax } from "./support/crash-figures.ts";
import {
	type CallPoint,
	ended,
	forEachOfTwo,
	recordCalls,
	runInjected,
	sample,
	startInjected,
} from "./support/system-calls.ts";
import { leftBehind, stateOf, stateOnDisk } from "./support/tree-state.ts";
import { buildWorkload } from "./support/workloads.ts";

const support = `${import.meta.dirname}/support`;
const { before, after } = buildWorkload("types");

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

const faults = [
	{ name: "EIO", code: "COMMIT_FAILED" },
	{ name: "ENOSPC", code: "DISK_FULL" },
	{ name: "EDQUOT", code: "DISK_FULL" },
] as const;

test.for(faults)(
	"$name at a call of the commit gives the right one of three outcomes, and no torn tree",
	{ timeout: 600_000 },
	async (fault, { task }) => {
		const points = await recordCalls(["commit", "types", plantRoot("rehearsal")], join(place, "log"));
		const kinds: Record<string, number> = {};
		const chosen = sample(points, pointsMax(8));
		const torn: CallPoint[] = [];
		const littered: CallPoint[] = [];
		await forEachOfTwo(chosen, async (point) => {
			const root = plantRoot(`${point.name}-${point.nth}`);
			const { output } = await runInjected(["commit", "types", root], point, `error=${fault.name}`);
			const outcome: { kind: string; code?: string } = JSON.parse(output.trim().split("\n").at(-1) ?? "");
			kinds[outcome.kind] = (kinds[outcome.kind] ?? 0) + 1;
			if (outcome.kind === "threw") expect([point, outcome.code]).toEqual([point, fault.code]);
			await recoverWorktree(root);
			const wanted = outcome.kind === "threw" ? before : after;
			if (stateOnDisk(root) !== stateOf(wanted)) torn.push(point);
			if (leftBehind(root).length > 0) littered.push(point);
		});
		noteFigures(task, {
			id: "R4",
			sweep: `${fault.name}, types`,
			points: points.length,
			blows: chosen.length,
			torn: torn.length,
			lost: 0,
			litter: littered.length,
			isControl: false,
			seen: spelled(kinds),
		});
		expect({ torn, littered }).toEqual({ torn: [], littered: [] });
		expect(kinds["threw"]).toBeGreaterThan(0);
		expect(kinds["committed-recovery-pending"]).toBeGreaterThan(0);
	},
);

test("an edit from outside at any moment of the commit is never overwritten", { timeout: 600_000 }, async ({
	task,
}) => {
	const points = await recordCalls(["commit", "types", plantRoot("rehearsal")], join(place, "log"));
	const ends: Record<string, number> = {};
	const overwritten: CallPoint[] = [];
	const chosen = sample(points, pointsMax(16));
	await forEachOfTwo(chosen, async (point) => {
		const root = plantRoot(`${point.name}-${point.nth}`);
		const child = startInjected(["commit", "types", root], point, "signal=STOP");
		const whole = ended(child);
		const victim = await stoppedChild(child.pid ?? 0);
		// As editors save: a new file renamed over the old one.
		writeFileSync(join(place, `${point.name}-${point.nth}.edit`), "a person's edit");
		renameSync(join(place, `${point.name}-${point.nth}.edit`), join(root, "mode"));
		process.kill(victim, "SIGCONT");
		const { kind }: { kind: string } = JSON.parse((await whole).output.trim());
		ends[kind] = (ends[kind] ?? 0) + 1;
		if (!holdsEdit(root)) overwritten.push(point);
	});
	noteFigures(task, {
		id: "R8",
		sweep: "edited from outside, types",
		points: points.length,
		blows: chosen.length,
		torn: 0,
		lost: overwritten.length,
		litter: 0,
		isControl: false,
		seen: spelled(ends),
	});
	expect(overwritten).toEqual([]);
	expect(ends["aborted"]).toBeGreaterThan(0);
	expect(ends["committed"]).toBeGreaterThan(0);
});

function spelled(counts: Record<string, number>): string {
	return Object.entries(counts)
		.map(([kind, count]) => `${count} ${kind}`)
		.join(", ");
}

/** Waits until the one child of strace has stopped, and returns its id. */
async function stoppedChild(tracer: number): Promise<number> {
	for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 10) {
		await new Promise((resolve) => setTimeout(resolve, 10));
		const child = Number(readFileSync(`/proc/${tracer}/task/${tracer}/children`, "utf8").trim().split(" ")[0]);
		if (child !== 0 && isStopped(child)) return child;
	}
	throw new Error("the worker never stopped");
}

// Under a tracer every traced call stops too: only a group stop lasts. strace's first child is one of its own, and ends.
function isStopped(child: number): boolean {
	const first = processState(child);
	if (!/^[Tt] /.test(first)) return false;
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
	return first === processState(child);
}

/** Reads the fields after the name, the first of which is the state; empty for a process that is gone. */
function processState(child: number): string {
	try {
		return readFileSync(`/proc/${child}/stat`, "utf8").split(") ")[1] ?? "";
	} catch (error) {
		if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
		throw error;
	}
}

function holdsEdit(root: string): boolean {
	const kept = join(root, ".retake/displaced/victim");
	const files = existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : [];
	return [join(root, "mode"), ...files].some((file) => readFileSync(file, "utf8") === "a person's edit");
}

test("a full disk and a read-only one: told apart, the tree as it was", needs("root"), async () => {
	const mounted = join(place, "mounted");
	mkdirSync(mounted);
	const script = `
		mount -t tmpfs -o size=64k none "$1" && "$2" "$3" naive types "$1" 2>/dev/null; rm -rf "$1"/*
		cp -a "$4/." "$1" && cp -a "$1" "$1.before"
		dd if=/dev/zero of="$1/ballast" bs=4k 2>/dev/null
		"$2" "$3" commit types "$1"; rm "$1/ballast"
		diff -r --no-dereference --exclude=.retake "$1" "$1.before" && echo same
		mount -o remount,ro "$1" && "$2" "$3" commit types "$1"
		diff -r --no-dereference --exclude=.retake "$1" "$1.before" && echo same`;
	const args = [
		"-m",
		"sh",
		"-c",
		script,
		"sh",
		mounted,
		process.execPath,
		`${support}/worker.ts`,
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
	const attacker = spawn(process.execPath, [`${support}/swap-parent.ts`, root], { stdio: "ignore" });
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
