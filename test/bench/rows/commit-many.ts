import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Change, createChangeset, createMemoryBlobs, formatPatch, treePath } from "@retake/changeset";
import { openRuntime, type Runtime } from "@retake/runtime";
import { recoverWorktree } from "@retake/txfs";
import type { BenchRow, BenchSection, Target } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { commitAll, git } from "../peers/git.ts";
import { plantFiles } from "../peers/plant-files.ts";
import { runProgram } from "../peers/run-program.ts";

const fileBytes = 4096;
const toWorktree = "retake: commit to the working tree, durable";
const recovery = "retake: recover, killed at the first file";
const program = fileURLToPath(new URL("../programs/commit-many.ts", import.meta.url));
// As git says that a commit survives a power cut: every object flushed by itself, or all of them at once.
const flushed = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"];
const batched = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=batch"];

/** Compares a durable commit of a thousand files of 4 KiB with git's and with rsync's. */
export const commitManyRow: BenchRow = {
	name: "commit-many",
	title: "1,000 files of 4 KiB committed",
	run: async ({ scratch, smoke }) => {
		const size = smoke ? 500 : 100_000;
		const count = smoke ? 50 : 1_000;
		const rounds = smoke ? 2 : 7;
		const commits = await compare(join(scratch, "commit-many"), size, count, rounds);
		const recoveries = await recoverMany(join(scratch, "recover-many"), count, rounds);
		const shown = count.toLocaleString("en-US");
		const targets: Target[] = [
			{
				text: `durable commit of ${shown} files, p95`,
				measured: p95Of(commits, toWorktree),
				allowed: 1_000,
				unit: "ms",
			},
			{ text: `recovery of ${shown} paths, p95`, measured: p95Of(recoveries, recovery), allowed: 2_000, unit: "ms" },
		];
		const notes = [
			"Both commits of Retake's wait for the disk, and so do the others here: git by core.fsync=all, with core.fsyncMethod as it is named, rsync by `sync -f` after it.",
			"rsync compares sizes and times of the whole tree, copies file by file and is not atomic.",
			"After each recovery the tree was whole, and a second recovery found nothing to do.",
		];
		return { sections: [commits, recoveries], targets, notes };
	},
};

async function compare(scratch: string, size: number, count: number, rounds: number): Promise<BenchSection> {
	mkdirSync(scratch);
	const workspace = join(scratch, "workspace");
	plantFiles(workspace, size);
	await commitAll(workspace);
	await using runtime = await openRuntime({ workspace, store: join(scratch, "store"), sandbox: "none" });
	const gitTree = join(scratch, "git");
	await git(scratch, "clone", "-q", "--local", workspace, gitTree);
	const copies = { from: join(scratch, "from"), to: join(scratch, "to") };
	for (const path of Object.values(copies)) await runProgram(["cp", "-a", "--", gitTree, path]);
	let revision = 0;
	const timeCommit = async (to: Parameters<Runtime["commitRun"]>[1]): Promise<number> => {
		const run = runtime.store.runs.get(await made(runtime, count, revision++));
		return measure(() => runtime.commitRun(run, to));
	};
	const timeGit = async (settings: readonly string[]): Promise<number> => {
		plantNew(gitTree, count, revision++);
		return measure(async () => {
			await git(gitTree, ...settings, "add", "-A");
			await git(gitTree, ...settings, "commit", "-q", "-m", "change");
		});
	};
	const measurements = await interleave(
		[
			{ name: toWorktree, sample: () => timeCommit({ kind: "worktree" }) },
			{
				name: "retake: commit to a branch, durable",
				sample: () => timeCommit({ kind: "branch", branch: `branch-${revision}` }),
			},
			{ name: "git add -A, git commit, batched flushes", sample: () => timeGit(batched) },
			{ name: "git add -A, git commit, flush by flush", sample: () => timeGit(flushed) },
			{
				name: "rsync -a, sync -f",
				sample: async () => {
					plantNew(copies.from, count, revision++);
					return measure(async () => {
						await runProgram(["rsync", "-a", `${copies.from}/`, `${copies.to}/`]);
						await runProgram(["sync", "-f", copies.to]);
					});
				},
			},
		],
		rounds,
	);
	return { title: `${count.toLocaleString("en-US")} files in ${size.toLocaleString("en-US")}`, measurements };
}

async function recoverMany(scratch: string, count: number, rounds: number): Promise<BenchSection> {
	const sample = async (): Promise<number> => {
		mkdirSync(scratch);
		// The two renames before are those that try the file system; this one would put the first file in place.
		const kill = ["-e", "trace=renameat2", "-e", "inject=renameat2:signal=KILL:when=3"];
		const strace = ["strace", "-f", "-qqq", "-o", "/dev/null", ...kill];
		await runProgram([...strace, process.execPath, program, scratch, String(count)]).catch(() => null);
		let recovered = 0;
		const time = await measure(async () => {
			for (const { changes } of (await recoverWorktree(scratch)).rolledForward) recovered += changes.length;
		});
		const again = await recoverWorktree(scratch);
		if (recovered !== count || again.rolledForward.length + again.discarded.length > 0)
			throw new Error(`recovered ${recovered} of ${count}`);
		rmSync(scratch, { recursive: true });
		return time;
	};
	return {
		title: `${count.toLocaleString("en-US")} paths recovered`,
		measurements: await interleave([{ name: recovery, sample }], rounds),
	};
}

/** Makes a run that made the files in one step and is kept. */
async function made(runtime: Runtime, count: number, revision: number) {
	const base = await runtime.freeze("HEAD");
	const blobs = createMemoryBlobs();
	const changes = Array.from({ length: count }, (_, index): Change => {
		const bytes = Buffer.from(contentOf(revision, index));
		const now = { kind: "file", mode: 0o644, size: bytes.length, content: blobs.write(bytes) } as const;
		return { path: treePath(pathOf(revision, index)), was: null, now };
	});
	await using session = await runtime.startSession({ base, kind: "library", title: "bench", program: null });
	const patch = Buffer.from(formatPatch(createChangeset(changes), blobs)).toString();
	await session.call("apply_patch", { patch });
	const { runId } = await session.keep({ verdict: "changed", failed: false });
	return runId;
}

function plantNew(root: string, count: number, revision: number): void {
	mkdirSync(join(root, `made-${revision}`));
	for (let index = 0; index < count; index++) {
		writeFileSync(join(root, pathOf(revision, index)), contentOf(revision, index));
	}
}

function pathOf(revision: number, index: number): string {
	return `made-${revision}/file-${index}.txt`;
}

function contentOf(revision: number, index: number): string {
	return `revision ${revision} of ${index}\n`.repeat(fileBytes).slice(0, fileBytes);
}

function p95Of(section: BenchSection, name: string): number {
	return section.measurements.find((measurement) => measurement.name === name)?.p95Ms ?? Number.NaN;
}
