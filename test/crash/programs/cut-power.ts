// Cuts the power: `node cut-power.ts PROGRAMS ORDER`, in a mount namespace of its own. Prints a `PowerLine` for each cut.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { inLanes, sample } from "../ground/in-lanes.ts";
import { MountedImage } from "../ground/mounted-image.ts";
import { branchUnderPower, type PowerSubject, recordingUnderPower, treeUnderPower } from "../ground/power-subject.ts";
import {
	type CallPoint,
	type Command,
	endPoint,
	flushes,
	killAt,
	recordCalls,
	untilStruck,
} from "../ground/system-calls.ts";
import type { PowerLine, PowerOrder } from "../sweeps/power-cut.ts";

const lanes = 4;
const [programsDirectory = "", ordered = ""] = process.argv.slice(2);
const order: PowerOrder = JSON.parse(ordered);
const { directory } = order;
const programs = {
	environment: process.env,
	path: (name: string): string => join(programsDirectory, `${name}.js`),
};
const subject = subjectOf(order.series);
// A call that does nothing cannot be struck at too.
const skipped: readonly string[] = order.isStubbed ? flushes : [];
// The images are the disks here; what holds them need not outlive this process.
execFileSync("mount", ["-t", "tmpfs", "none", directory]);
const template = await MountedImage.make(order.fileSystem, directory, "template");
subject.plant(join(template.path, "tree"));
await template.unmount();

const commitPoints = await findCommitPoints();
const swaps = commitPoints.filter(({ name }) => name === "renameat2");
const halfWay = swaps[Math.floor(swaps.length / 2)] ?? endPoint;
const found = order.during === "commits" ? commitPoints : await findRecoveryPoints();
const points = found.filter(({ name }) => !skipped.includes(name));
const chosen = order.pointsMax === null ? points : sample(points, order.pointsMax);
const cuts = chosen.flatMap((point) => [true, false].map((flushesLog) => ({ point, flushesLog })));
print({ points: points.length, cuts: cuts.length });
await inLanes(cuts, lanes, async ({ point, flushesLog }) => untilStruck(async () => cutAt(point, flushesLog)));

function subjectOf(series: PowerOrder["series"]): PowerSubject {
	if (series === "record") return recordingUnderPower();
	return series === "branch" ? branchUnderPower() : treeUnderPower(series);
}

function print(line: PowerLine): void {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Finds the points of the commits, on a file system of the same kind. The last one lies after the last acknowledgement. */
async function findCommitPoints(): Promise<readonly CallPoint[]> {
	await using image = await MountedImage.copyOf(template, directory, "rehearsal");
	const root = join(image.path, "tree");
	const calls = await recordCalls(command(subject.verb, root));
	subject.rehearsed(root);
	return [...calls, endPoint];
}

/** Finds the points of the recovery that follows a kill. */
async function findRecoveryPoints(): Promise<readonly CallPoint[]> {
	await using image = await MountedImage.copyOf(template, directory, "recovery-rehearsal");
	const root = join(image.path, "tree");
	await strike(subject.verb, root, halfWay);
	return await recordCalls(command("recover", root));
}

function command(verb: PowerSubject["verb"] | "recover", root: string): Command {
	// Beside the mount point: nothing but the worker may write to the file system.
	return { programs, args: [verb, subject.name, root], root, log: `${dirname(root)}.trace` };
}

/** Kills a worker at a point; returns how many commits it had acknowledged. */
async function strike(verb: PowerSubject["verb"] | "recover", root: string, point: CallPoint): Promise<number> {
	const output = await killAt(command(verb, root), point, skipped);
	return output.split('"kind":"committed"').length - 1;
}

async function cutAt(point: CallPoint, flushesLog: boolean): Promise<void> {
	await using image = await MountedImage.copyOf(template, directory, `${point.name}-${point.nth}-${flushesLog}`);
	const root = join(image.path, "tree");
	let due: number;
	if (order.during === "commits") due = await strike(subject.verb, root, point);
	else {
		due = (await strike(subject.verb, root, halfWay)) + 1;
		await strike("recover", root, point);
	}
	await image.cutPower(flushesLog);
	print({ point, flushesLog, due, ...(await subject.judge(root)) });
}
