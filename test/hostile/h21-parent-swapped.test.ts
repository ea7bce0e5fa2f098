import { spawn } from "node:child_process";
import { once } from "node:events";
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
import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween } from "@retake/testkit";
import { commitToWorktree } from "@retake/txfs";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const swapper = join(import.meta.dirname, "../crash/programs/swap-parent.ts");

/** The catalogue's 60 s and 10,000 attempts where RETAKE_HOSTILE=full asks for them; else a few seconds of the same. */
const isFull = process.env["RETAKE_HOSTILE"] === "full";
const attemptsMin = isFull ? 10_000 : 150;
const lastsMs = isFull ? 60_000 : 2_500;

/** Swaps `folder` with `link` as fast as a process can, until disposal. */
async function swapping(tree: string): Promise<AsyncDisposable> {
	const attacker = spawn(process.execPath, [swapper, tree], { stdio: "ignore" });
	await sleep(400);
	return {
		[Symbol.asyncDispose]: async () => {
			attacker.kill("SIGKILL");
			await once(attacker, "exit");
		},
	};
}

hostileRow({
	id: "H21",
	attack: "a parent directory swapped for a link during commits",
	timeoutMs: isFull ? 600_000 : 60_000,
	sealed: async (arena) => {
		const { workspace, tripwires } = arena;
		await arena.shell("echo one > raced");
		await arena.commit({ kind: "worktree" });
		mkdirSync(join(workspace, "folder"));
		symlinkSync(tripwires.directory, join(workspace, "link"));
		const blobs = createMemoryBlobs();
		const kinds: Record<string, number> = {};
		const endsAt = performance.now() + lastsMs;
		let attempts = 0;
		{
			await using _attacker = await swapping(workspace);
			for (; attempts < attemptsMin || performance.now() < endsAt; attempts++) {
				const path = `folder/owned-${attempts}`;
				const changeset = changesetBetween({ folder: null }, { folder: null, [path]: "owned" }, blobs);
				const commit = { root: workspace, changeset, blobs, commitId: `race-${attempts}`, onDrift: "refuse" } as const;
				const kind = await commitToWorktree(commit).then(
					(outcome) => outcome.kind,
					// A commit that the attacker keeps pending stands in the way of the next, which says so.
					(error: { readonly code?: string }) => String(error.code),
				);
				kinds[kind] = (kinds[kind] ?? 0) + 1;
				expect(readdirSync(tripwires.directory).toSorted()).toEqual(["canary", "socket"]);
			}
		}
		expect(kinds["committed"]).toBeGreaterThan(0);
		expect(kinds["aborted"]).toBeGreaterThan(0);
		return `0 escapes in ${attempts} commits (${kinds["committed"]} committed)`;
	},
	control: async (ground) => {
		const tree = mkdtempSync(join(tmpdir(), "race-"));
		try {
			mkdirSync(join(tree, "folder"));
			symlinkSync(ground.tripwires.directory, join(tree, "link"));
			await using _attacker = await swapping(tree);
			const escapes = naiveEscapes(tree, ground.tripwires.directory);
			expect(escapes).toBeGreaterThan(0);
			return `${escapes} escapes by checking the real path first`;
		} finally {
			rmSync(tree, { recursive: true });
		}
	},
});

/** Makes sure of the real path, then renames by that path; returns how many files got out in two seconds, 50 at most. */
function naiveEscapes(root: string, outside: string): number {
	const endsAt = performance.now() + 2000;
	const real = realpathSync(root);
	let escapes = 0;
	while (performance.now() < endsAt && escapes < 50) {
		const parent = join(root, "folder");
		writeFileSync(join(root, "staged"), "x");
		try {
			if (realpathSync(parent) === join(real, "folder")) renameSync(join(root, "staged"), join(parent, "owned"));
		} catch (error) {
			if (!(error instanceof Error && "code" in error)) throw error;
		}
		if (!existsSync(join(outside, "owned"))) continue;
		rmSync(join(outside, "owned"));
		escapes++;
	}
	return escapes;
}
