import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normalisePlantedTree, plantTree, readPlantedTree } from "@retake/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteFigures, pointsMax } from "./support/crash-figures.ts";
import {
	type CallPoint,
	endPoint,
	forEachOfTwo,
	recordCalls,
	runInjected,
	runWorker,
	sample,
} from "./support/system-calls.ts";
import { leftBehind, stateOf, stateOnDisk } from "./support/tree-state.ts";
import { buildWorkload, type WorkloadName } from "./support/workloads.ts";

let place = "";
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-kill-"));
});
afterEach(() => rmSync(place, { recursive: true }));

/** A tree in which a worker was killed, and whether it had acknowledged the commit by then. */
interface Victim {
	readonly point: CallPoint;
	readonly root: string;
	readonly isAcknowledged: boolean;
}

interface Sweep {
	/** How many points there are; the victims may be a sample of them. */
	readonly points: number;
	readonly victims: readonly Victim[];
}

interface Verdict {
	/** Neither the old tree nor the new one. */
	readonly torn: readonly CallPoint[];
	/** Acknowledged, and yet the old tree. */
	readonly lost: readonly CallPoint[];
	/** Something of the commit was left in `.retake`. */
	readonly littered: readonly CallPoint[];
	readonly old: number;
	readonly new: number;
}

function plantRoot(name: WorkloadName, label: string): string {
	const root = join(place, label);
	mkdirSync(root);
	plantTree(root, buildWorkload(name).before);
	return root;
}

async function sweep(verb: "commit" | "naive", name: WorkloadName, countMax: number): Promise<Sweep> {
	const rehearsal = plantRoot(name, "rehearsal");
	const points = await recordCalls([verb, name, rehearsal], join(place, "log"));
	const { after } = buildWorkload(name);
	if (verb === "commit") expect(readPlantedTree(rehearsal)).toEqual(normalisePlantedTree(after));
	const victims: Victim[] = [];
	await forEachOfTwo([...sample(points, countMax), endPoint], async (point) => {
		const root = plantRoot(name, `${point.name}-${point.nth}`);
		const end = await runInjected([verb, name, root], point, "signal=KILL");
		// Proof that the blow fell: strace dies of the signal that its child died of.
		expect([point, end.signal]).toEqual([point, "SIGKILL"]);
		victims.push({ point, root, isAcknowledged: end.output.includes('"kind":"committed"') });
	});
	return { points: points.length + 1, victims };
}

/** Makes a table row's figures of a verdict. */
function counted({ torn, lost, littered }: Verdict): { torn: number; lost: number; litter: number } {
	return { torn: torn.length, lost: lost.length, litter: littered.length };
}

function judge(victims: readonly Victim[], name: WorkloadName): Verdict {
	const { before, after } = buildWorkload(name);
	const [old, wanted] = [before, after].map(stateOf);
	const state = ({ root }: Victim): string => stateOnDisk(root);
	const points = (chosen: readonly Victim[]): readonly CallPoint[] => chosen.map(({ point }) => point);
	return {
		torn: points(victims.filter((victim) => ![old, wanted].includes(state(victim)))),
		lost: points(victims.filter((victim) => victim.isAcknowledged && state(victim) !== wanted)),
		littered: points(victims.filter(({ root }) => leftBehind(root).length > 0)),
		old: victims.filter((victim) => state(victim) === old).length,
		new: victims.filter((victim) => state(victim) === wanted).length,
	};
}

test.for(["files", "types"] as const)(
	"killed at the system calls of a commit (%s): all or nothing, once recovered",
	{ timeout: 600_000 },
	async (name, { task }) => {
		const { points, victims } = await sweep("commit", name, pointsMax(24));
		await runWorker(["recover", name, ...victims.map(({ root }) => root)]);
		const verdict = judge(victims, name);
		const seen = `${verdict.old} as before, ${verdict.new} as after`;
		noteFigures(task, {
			id: "R1",
			sweep: `killed in a commit, ${name}`,
			points,
			blows: victims.length,
			...counted(verdict),
			isControl: false,
			seen,
		});
		expect(verdict).toMatchObject({ torn: [], lost: [], littered: [] });
		expect(victims.filter(({ isAcknowledged }) => isAcknowledged)).toHaveLength(1);
		expect(verdict.old).toBeGreaterThan(5);
		expect(verdict.new).toBeGreaterThan(5);
	},
);

test("the control: files written in place one after another tear under the same blows", { timeout: 600_000 }, async ({
	task,
}) => {
	const { points, victims } = await sweep("naive", "files", pointsMax(12));
	const verdict = judge(victims, "files");
	noteFigures(task, {
		id: "R1",
		sweep: "control: written in place",
		points,
		blows: victims.length,
		...counted(verdict),
		isControl: true,
		seen: "more than half must tear",
	});
	expect(verdict.torn.length).toBeGreaterThan(victims.length / 2);
});

test("killed during the recovery, then recovered again: all or nothing", { timeout: 600_000 }, async ({ task }) => {
	const name = "types";
	const rehearsal = plantRoot(name, "rehearsal");
	const points = await recordCalls(["commit", name, rehearsal], join(place, "log"));
	// Half-way through the swaps: the commit point is passed and the tree is half old, half new.
	const swaps = points.filter((point) => point.name === "renameat2");
	const halfWay = swaps[Math.floor(swaps.length / 2)] as CallPoint;
	const half = plantRoot(name, "half");
	expect((await runInjected(["commit", name, half], halfWay, "signal=KILL")).signal).toBe("SIGKILL");
	expect(judge([{ point: halfWay, root: half, isAcknowledged: false }], name).torn).toHaveLength(1);
	const copy = (label: string): string => {
		const root = join(place, label);
		cpSync(half, root, { recursive: true, verbatimSymlinks: true });
		return root;
	};
	const recoveryPoints = await recordCalls(["recover", name, copy("recovery-rehearsal")], join(place, "log"));
	const victims: Victim[] = [];
	await forEachOfTwo(sample(recoveryPoints, pointsMax(12)), async (point) => {
		const root = copy(`recovery-${point.name}-${point.nth}`);
		expect([point, (await runInjected(["recover", name, root], point, "signal=KILL")).signal]).toEqual([
			point,
			"SIGKILL",
		]);
		victims.push({ point, root, isAcknowledged: true });
	});
	await runWorker(["recover", name, ...victims.map(({ root }) => root)]);
	const verdict = judge(victims, name);
	const seen = `${verdict.new} as after`;
	noteFigures(task, {
		id: "R2",
		sweep: "killed in the recovery, types",
		points: recoveryPoints.length,
		blows: victims.length,
		...counted(verdict),
		isControl: false,
		seen,
	});
	expect(verdict).toMatchObject({ torn: [], lost: [], littered: [], old: 0, new: victims.length });
});
