// Cuts the power: `node cut-power.ts PROGRAMS ORDER`, in a mount namespace of its own. Prints a `PowerLine` for each cut.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
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
	walkCalls,
} from "../ground/system-calls.ts";
import type { PowerLine, PowerOrder } from "../sweeps/power-cut.ts";

/** What the device held at some moments of a walk, and how much had been promised at each. */
interface Device {
	readonly image: string;
	readonly writes: number;
	readonly cuts: { readonly made: number; readonly due: number }[];
}

const lanes = 3;
// The kernel writes back what is older than 30 seconds, as if somebody had flushed it.
const walkMsMax = 15_000;
const devicesMax = 48;
const walksWithoutCutMax = 3;
const [programsDirectory = "", ordered = ""] = process.argv.slice(2);
const order: PowerOrder = JSON.parse(ordered);
const { fileSystem } = order;
const directory = join(order.directory, "power");
const programs = {
	environment: process.env,
	path: (name: string): string => join(programsDirectory, `${name}.js`),
};
const subject = subjectOf(order.series);
const skipped: readonly string[] = order.isStubbed ? flushes : [];
// The images are the disks here; what holds them need not outlive this process.
mkdirSync(directory);
execFileSync("mount", ["-t", "tmpfs", "none", directory]);
const template = join(directory, "template");
await MountedImage.make(fileSystem, template, (path) => subject.plant(join(path, "tree")));

const commits = await rehearse();
const swaps = commits.filter(({ name }) => name === "renameat2");
const halfWay = swaps[Math.floor(swaps.length / 2)] ?? endPoint;
const calls = order.during === "commits" ? commits : await findRecoveryCalls();
// After each call, and once the process has ended.
const points = [...calls.filter(({ name }) => !skipped.includes(name)).keys()].map((index) => index + 1);
const end = points.length + 1;
const chosen = [...points, end];
const wanted = order.pointsMax === null ? chosen : sample(chosen, order.pointsMax);
print({ points: chosen.length, cuts: wanted.length * 2 });
for (const flushesLog of [true, false]) await cutAll(flushesLog);

function subjectOf(series: PowerOrder["series"]): PowerSubject {
	if (series === "record") return recordingUnderPower();
	return series === "branch" ? branchUnderPower() : treeUnderPower(series);
}

function print(line: PowerLine): void {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Runs the commits undisturbed, on a file system of the same kind, and returns their calls. */
async function rehearse(): Promise<readonly CallPoint[]> {
	await using image = await MountedImage.mountCopy(fileSystem, template, join(directory, "rehearsal"));
	const root = join(image.path, "tree");
	const made = await recordCalls(command(subject.verb, root));
	subject.rehearsed(root);
	return made;
}

/** Finds the calls of the recovery that follows a kill. */
async function findRecoveryCalls(): Promise<readonly CallPoint[]> {
	await using image = await MountedImage.mountCopy(fileSystem, template, join(directory, "recovery-rehearsal"));
	const root = join(image.path, "tree");
	await killAt(command(subject.verb, root), halfWay);
	return await recordCalls(command("recover", root));
}

function command(verb: PowerSubject["verb"] | "recover", root: string): Command {
	return { programs, args: [verb, subject.name, root], root };
}

/** Cuts the power at every point that is wanted: in as many walks as it takes, each on a file system of its own. */
async function cutAll(flushesLog: boolean): Promise<void> {
	let fallen = 0;
	for (let walks = 0, idle = 0; fallen < wanted.length; walks++) {
		const devices = await walk(`${flushesLog}-${walks}`, wanted.slice(fallen), flushesLog);
		await inLanes(devices, lanes, async ({ image, cuts }) => {
			await using after = await MountedImage.mount(fileSystem, image);
			const verdict = await subject.judge(join(after.path, "tree"));
			for (const { made, due } of cuts) print({ made, flushesLog, due, ...verdict });
		});
		const made = devices.reduce((total, { cuts }) => total + cuts.length, 0);
		fallen += made;
		idle = made === 0 ? idle + 1 : 0;
		if (idle === walksWithoutCutMax) throw new Error(`the process never came to point ${wanted[fallen]} of ${end}`);
	}
}

/** Lets the process go from call to call and keeps what the device holds at each wanted one, from the first of them on. */
async function walk(label: string, ahead: readonly number[], flushesLog: boolean): Promise<readonly Device[]> {
	await using image = await MountedImage.mountCopy(fileSystem, template, join(directory, `walk-${label}`));
	const root = join(image.path, "tree");
	if (order.during === "recovery") await killAt(command(subject.verb, root), halfWay);
	const startedAt = performance.now();
	const devices: Device[] = [];
	let kept = 0;
	const keep = async (made: number, output: string): Promise<void> => {
		if (ahead[kept] !== made) return;
		kept++;
		if (flushesLog) image.flushLog();
		const due = output.split('"kind":"committed"').length - 1 + (order.during === "recovery" ? 1 : 0);
		const writes = image.writesMade();
		const last = devices.at(-1);
		if (last?.writes === writes) return void last.cuts.push({ made, due });
		const copy = join(directory, `cut-${label}-${made}`);
		await image.copyDevice(copy);
		devices.push({ image: copy, writes, cuts: [{ made, due }] });
	};
	const verb = order.during === "recovery" ? "recover" : subject.verb;
	const output = await walkCalls(command(verb, root), skipped, async ({ made, output }) => {
		await keep(made, output);
		const isLate = performance.now() - startedAt > walkMsMax && devices.length > 0;
		return kept === ahead.length || devices.length === devicesMax || isLate ? "enough" : "on";
	});
	if (output !== null) await keep(end, output);
	return devices;
}
