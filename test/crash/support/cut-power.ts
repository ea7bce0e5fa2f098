// Cuts the power: `node cut-power.ts DIRECTORY PLAN`, in a mount namespace of its own. Prints a `PowerReport`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isRetakeError } from "@retake/base";
import { recoverWorktree } from "@retake/txfs";
import { plantTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";
import { MountedImage } from "./mounted-image.ts";
import type { PowerCut, PowerPlan } from "./power-cuts.ts";
import { type CallPoint, endPoint, forEachOfTwo, recordCalls, runInjected, sample } from "./system-calls.ts";
import { leftBehind, stateOf, stateOnDisk } from "./tree-state.ts";
import { buildSeries } from "./workloads.ts";

const [directory = "", planned = ""] = process.argv.slice(2);
const plan: PowerPlan = JSON.parse(planned);
const series = buildSeries(plan.series);
const states = series.states.map(stateOf);
const flushes = ["fsync", "fdatasync", "syncfs"];

const commitPoints = await findCommitPoints();
const swaps = commitPoints.filter(({ name }) => name === "renameat2");
const halfWay = swaps[Math.floor(swaps.length / 2)] ?? endPoint;
const found = plan.during === "commits" ? commitPoints : await findRecoveryPoints();
// A call that does nothing cannot be struck at too.
const points = found.filter(({ name }) => !plan.isStubbed || !flushes.includes(name));
const chosen = plan.pointsMax === null ? points : sample(points, plan.pointsMax);
const cuts: PowerCut[] = [];
await forEachOfTwo(
	chosen.flatMap((point) => [true, false].map((flushesLog) => ({ point, flushesLog }))),
	async ({ point, flushesLog }) => {
		cuts.push(await cutAt(point, flushesLog));
	},
);
process.stdout.write(JSON.stringify({ points: points.length, cuts }));

function plantOn(image: MountedImage): string {
	const root = join(image.path, "tree");
	mkdirSync(root);
	plantTree(root, series.states[0] ?? {});
	image.settle();
	return root;
}

/** Finds the points of the commits, on a file system of the same kind. The last one lies after the last acknowledgement. */
async function findCommitPoints(): Promise<readonly CallPoint[]> {
	using image = new MountedImage(plan.fileSystem, directory, "rehearsal");
	const root = plantOn(image);
	const calls = await recordCalls(commitArguments(root), join(directory, "calls"));
	if (stateOnDisk(root) !== states.at(-1)) throw new Error("undisturbed, the series did not end as it must");
	return [...calls, endPoint];
}

/** Finds the points of the recovery that follows a kill. */
async function findRecoveryPoints(): Promise<readonly CallPoint[]> {
	using image = new MountedImage(plan.fileSystem, directory, "rehearsal");
	const root = plantOn(image);
	await strike(commitArguments(root), halfWay);
	return await recordCalls(recoveryArguments(root), join(directory, "calls"));
}

function commitArguments(root: string): readonly string[] {
	return ["series", plan.series, root];
}

function recoveryArguments(root: string): readonly string[] {
	return ["recover", plan.series, root];
}

/** Kills a worker at a point; returns how many commits it had acknowledged. */
async function strike(args: readonly string[], point: CallPoint): Promise<number> {
	const { signal, output } = await runInjected(args, point, "signal=KILL", plan.isStubbed ? flushes : []);
	// Proof that it was stopped there: strace dies of the signal that its child died of.
	if (signal !== "SIGKILL") throw new Error(`not stopped at ${point.name} ${point.nth}: ${output}`);
	return output.split('"kind":"committed"').length - 1;
}

async function cutAt(point: CallPoint, flushesLog: boolean): Promise<PowerCut> {
	using image = new MountedImage(plan.fileSystem, directory, `${point.name}-${point.nth}-${flushesLog}`);
	const root = plantOn(image);
	let due: number;
	if (plan.during === "commits") due = await strike(commitArguments(root), point);
	else {
		due = (await strike(commitArguments(root), halfWay)) + 1;
		await strike(recoveryArguments(root), point);
	}
	image.cutPower(flushesLog);
	const refusal = await recoverWorktree(root).then(
		() => null,
		(error: unknown) => {
			if (isRetakeError(error)) return error.code;
			throw error;
		},
	);
	const held = states.indexOf(stateOnDisk(root));
	return { point, flushesLog, due, held: held === -1 ? null : held, refusal, litter: leftBehind(root) };
}
