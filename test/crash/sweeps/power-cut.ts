import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { CrashGround } from "../ground/crash-ground.ts";
import type { FileSystemName } from "../ground/mounted-image.ts";
import type { PowerVerdict } from "../ground/power-subject.ts";
import { Tally } from "../ground/tally.ts";
import type { SeriesName } from "../ground/workloads.ts";
import { type CrashFigures, percent, type Sweep } from "../sweep.ts";

/** Which cuts to make, and when. */
export interface PowerPlan {
	/** In the recovery: of a commit that was killed half-way through its swaps, past its commit point. */
	readonly during: "commits" | "recovery";
	/** `branch` for commits to a branch of a repository, `record` for calls put on record under `durability: "power"`. */
	readonly series: SeriesName | "branch" | "record";
	readonly fileSystem: FileSystemName;
	/** The control: `fsync` and its kind do nothing and say that they did. */
	readonly isStubbed: boolean;
}

/** What the program that cuts the power is told. */
export interface PowerOrder extends PowerPlan {
	readonly directory: string;
	readonly pointsMax: number | null;
}

/** What one power cut left, after the file system's own recovery and Retake's. */
export interface PowerCut extends PowerVerdict {
	/** How many of its calls the process had made; one more than there are once it has ended. */
	readonly made: number;
	/** Whether the file system's log had reached the disk, without the data that it speaks of. */
	readonly flushesLog: boolean;
	/** How many commits or calls must be there: acknowledged when the power went, or past the commit point when the recovery began. */
	readonly due: number;
}

/** A line of the program's output: how many points there are and how many cuts will be made, or what one of them left. */
export type PowerLine = { readonly points: number; readonly cuts: number } | PowerCut;

/** R3, and D1 for what is recorded: the power goes at every point, once with the file system's log on the disk and once without. */
export function powerCut(plan: Omit<PowerPlan, "isStubbed">, sampled: number): Sweep {
	const { during, series, fileSystem } = plan;
	return {
		id: series === "record" ? "D1" : "R3",
		name: during === "commits" ? `power-${fileSystem}-${series}` : `power-recovery-${fileSystem}`,
		title: `power cut in ${during === "recovery" ? "the recovery" : series === "record" ? "a recording" : "commits"}, ${fileSystem}, ${series}`,
		needsRoot: true,
		sampled,
		harmShareMin: null,
		run: (ground) => sweep(ground, { ...plan, isStubbed: false }),
	};
}

/** The control of R3 and D1: no flush does anything. */
export function powerControl(series: "several" | "record", fileSystem: FileSystemName, sampled: number): Sweep {
	const suffix = series === "record" ? "-record" : "";
	return {
		id: series === "record" ? "D1" : "R3",
		name: `control-power-${fileSystem}${suffix}`,
		title: `control: flushes that do nothing, ${fileSystem}, ${series}`,
		needsRoot: true,
		sampled,
		harmShareMin: 0.2,
		run: (ground) => sweep(ground, { during: "commits", series, fileSystem, isStubbed: true }),
	};
}

async function sweep(ground: CrashGround, plan: PowerPlan): Promise<CrashFigures> {
	const tally = new Tally();
	let points = 0;
	let cuts = 0;
	let due = 0;
	let fallen = 0;
	for await (const line of cutPower(ground, plan)) {
		if ("points" in line) {
			({ points, cuts } = line);
			continue;
		}
		const label = `after call ${line.made}${line.flushesLog ? ", log flushed" : ""}`;
		tally.blow();
		if (line.due > 0) due++;
		if (line.refusal !== null) tally.fault(`${label}: the recovery refused with ${line.refusal}`);
		if (line.held === null) tally.torn(label);
		else if (line.held < line.due) tally.lost(label);
		tally.litter(label, line.litter);
		ground.progress(++fallen, cuts);
	}
	const { torn, lost, blows, ...figures } = tally.figures(points);
	const seen = plan.isStubbed
		? `${percent((torn + lost) / blows)} torn or lost`
		: `${due} cuts with a ${plan.series === "record" ? "call" : "commit"} due`;
	return { ...figures, torn, lost, blows, seen };
}

/** Starts the program in a mount namespace of its own, which takes every mount along when it ends. */
async function* cutPower(ground: CrashGround, plan: PowerPlan): AsyncGenerator<PowerLine> {
	const order: PowerOrder = { ...plan, directory: ground.place, pointsMax: ground.pointsMax };
	const { programs } = ground;
	const program = [process.execPath, programs.path("cutPower"), programs.directory, JSON.stringify(order)];
	const child = spawn("unshare", ["--mount", "--propagation", "private", ...program], {
		stdio: ["ignore", "pipe", "inherit"],
		env: programs.environment,
	});
	const end = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
	for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as PowerLine;
	const code = await end;
	if (code !== 0) throw new Error(`the program that cuts the power ended with ${code}`);
}
