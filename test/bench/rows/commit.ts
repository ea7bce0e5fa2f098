import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime, type Runtime } from "@retake/runtime";
import { type BenchRow, type BenchSection, medianOf, type Target } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { commitAll, git } from "../peers/git.ts";
import { plantedPath, plantFiles } from "../peers/plant-files.ts";
import { runProgram } from "../peers/run-program.ts";

const pathCount = 20;
// As git says that a commit survives a power cut.
const batched = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=batch"];
const toWorktree = "retake: commit to the working tree, durable";

/** Compares a durable commit of some files with git's. */
export const commitRow: BenchRow = {
	name: "commit",
	title: `${pathCount} changed files committed`,
	run: async ({ scratch, smoke }) => {
		const sizes = smoke ? [50, 500] : [10_000, 100_000];
		const sections: BenchSection[] = [];
		const targets: Target[] = [];
		for (const size of sizes) {
			const section = await compare(join(scratch, String(size)), size, smoke);
			sections.push(section);
			const text = `durable commit of ${pathCount} files, tree of ${size.toLocaleString("en-US")}`;
			targets.push({ text, measured: medianOf(section, toWorktree), allowed: 20, unit: "ms" });
		}
		const notes = [
			"Retake's commit waits for the disk and survives a power cut when it returns; the one to the working tree compares each path with the base first.",
			"git writes to the page cache and waits for nothing, unless its flushes are named: core.fsync=all with core.fsyncMethod=batch. rsync is followed by `sync -f`; it is not atomic.",
		];
		return { sections, targets, notes };
	},
};

async function compare(scratch: string, size: number, smoke: boolean): Promise<BenchSection> {
	plantFiles(scratch, 0);
	const workspace = join(scratch, "workspace");
	plantFiles(workspace, size);
	await commitAll(workspace);
	await using runtime = await openRuntime({ workspace, store: join(scratch, "store"), sandbox: "none" });
	const gitTree = join(scratch, "git");
	await git(scratch, "clone", "-q", "--local", workspace, gitTree);
	let revision = 0;
	const paths = Array.from({ length: pathCount }, (_, index) => plantedPath(Math.floor((index * size) / pathCount)));
	const timeCommit = async (to: Parameters<Runtime["commitRun"]>[1], base: string): Promise<number> => {
		const runId = await changed(runtime, paths, revision++, base);
		const run = runtime.store.runs.get(runId);
		return measure(() => runtime.commitRun(run, to));
	};
	const copies = { from: join(scratch, "from"), to: join(scratch, "to") };
	for (const path of Object.values(copies)) await runProgram(["cp", "-a", "--", gitTree, path]);
	const timeGit = (settings: readonly string[]): Promise<number> => {
		for (const path of paths) appendFileSync(join(gitTree, path), `revision ${revision++}\n`);
		return measure(async () => {
			await git(gitTree, ...settings, "add", "-A");
			await git(gitTree, ...settings, "commit", "-q", "-m", "change");
		});
	};
	const measurements = await interleave(
		[
			{ name: toWorktree, sample: () => timeCommit({ kind: "worktree" }, "worktree") },
			{
				name: "retake: commit to a branch, durable",
				sample: () => timeCommit({ kind: "branch", branch: `branch-${revision}` }, "HEAD"),
			},
			{ name: "git add -A, git commit", sample: () => timeGit([]) },
			{ name: "git add -A, git commit, batched flushes", sample: () => timeGit(batched) },
			{
				name: "rsync -a, sync -f",
				sample: async () => {
					for (const path of paths) appendFileSync(join(copies.from, path), `revision ${revision++}\n`);
					return measure(async () => {
						await runProgram(["rsync", "-a", `${copies.from}/`, `${copies.to}/`]);
						await runProgram(["sync", "-f", copies.to]);
					});
				},
			},
		],
		smoke ? 3 : 11,
	);
	return { title: `a tree of ${size.toLocaleString("en-US")} files`, measurements };
}

/** Makes a run that changed the paths and is kept. */
async function changed(runtime: Runtime, paths: readonly string[], revision: number, asked: string) {
	const base = await runtime.freeze(asked);
	await using session = await runtime.startSession({ base, kind: "library", title: "bench", program: null });
	for (const path of paths) await session.call("write_file", { path, content: `revision ${revision} of ${path}\n` });
	const { runId } = await session.keep({ verdict: "changed", failed: false });
	return runId;
}
