import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type Base, openRuntime, type Runtime } from "@retake/runtime";
import { type BenchContext, type BenchRow, type BenchSection, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { createMeasurement } from "../harness/measurement.ts";
import { commitAll, git } from "../peers/git.ts";
import { plantedPath, plantFiles } from "../peers/plant-files.ts";
import { runProgram } from "../peers/run-program.ts";

const begin = "retake: begin a session, on record";
const fork = "retake: fork a session, on record";

/** Compares a fork of a workspace with a copy of it. */
export const forkRow: BenchRow = {
	name: "fork",
	title: "another copy of a workspace, to work in",
	run: async (context) => {
		const sizes = context.smoke ? [50, 500] : [1_000, 100_000];
		const sections: BenchSection[] = [];
		for (const size of sizes) sections.push(...(await compare(context, size)));
		const forks = sections.filter(({ title }) => title.startsWith("fork"));
		const targets = sizes.flatMap((size, index) =>
			[begin, fork].map((name) => ({
				text: `${name.slice("retake: ".length)}, p50, ${size.toLocaleString("en-US")} files`,
				measured: medianOf(forks[index] as BenchSection, name),
				allowed: 5,
				unit: "ms" as const,
			})),
		);
		const notes = [
			"Begin and fork wait for the disk: the run's record survives a power cut when they return.",
			"cp and git write to the page cache and wait for nothing; at the larger size they have two rounds.",
			"The session's first write also starts the process that keeps its layers.",
		];
		return { sections, targets, notes };
	},
};

async function compare({ scratch, smoke }: BenchContext, size: number): Promise<readonly BenchSection[]> {
	const files = `${size.toLocaleString("en-US")} files`;
	const workspace = join(scratch, `workspace-${size}`);
	plantFiles(workspace, size);
	await using runtime = await openRuntime({ workspace, store: join(scratch, `store-${size}`) });
	const { base, section } = await snapshots(runtime, workspace, files);
	await commitAll(workspace);

	await using parent = await start(runtime, base);
	for (let step = 0; step < 5; step++) await parent.call("write_file", { path: `step-${step}`, content: "written" });
	let copies = 0;
	const slow = size >= 10_000 ? { roundsMax: 2 } : {};
	const measurements = await interleave(
		[
			{ name: begin, sample: () => timeSession(() => start(runtime, base)) },
			{ name: fork, sample: () => timeSession(() => parent.fork()) },
			{
				name: "retake: begin a session and write a file in it",
				sample: () =>
					timeSession(async () => {
						const session = await start(runtime, base);
						await session.call("write_file", { path: "written", content: "written" });
						return session;
					}),
			},
			{
				name: "cp -a",
				...slow,
				sample: async () => {
					const copy = join(scratch, `copy-${size}-${copies++}`);
					return measure(() => runProgram(["cp", "-a", workspace, copy]));
				},
			},
			{
				name: "git worktree add",
				...slow,
				sample: async () => {
					const copy = join(scratch, `worktree-${size}-${copies++}`);
					return measure(() => git(workspace, "worktree", "add", "-q", "--detach", copy));
				},
			},
		],
		smoke ? 3 : 25,
	);
	return [{ title: `fork of ${files}`, measurements }, section];
}

async function snapshots(
	runtime: Runtime,
	workspace: string,
	files: string,
): Promise<{ readonly base: Base; readonly section: BenchSection }> {
	const first = await measure(() => runtime.freeze("worktree"));
	for (let index = 0; index < 10; index++) appendFileSync(join(workspace, plantedPath(index)), "edited\n");
	let base: Base | null = null;
	const second = await measure(async () => {
		base = await runtime.freeze("worktree");
	});
	const measurements = [
		createMeasurement("retake: first snapshot", [first]),
		createMeasurement("retake: second snapshot, 10 files edited", [second]),
	];
	return { base: base as unknown as Base, section: { title: `once for all forks of ${files}`, measurements } };
}

function start(runtime: Runtime, base: Base): ReturnType<Runtime["startSession"]> {
	return runtime.startSession({ base, kind: "library", title: "bench", program: null });
}

async function timeSession(open: () => ReturnType<Runtime["startSession"]>): Promise<number> {
	const startedAt = performance.now();
	await using session = await open();
	const milliseconds = performance.now() - startedAt;
	await session.rollback();
	return milliseconds;
}
