import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normalisePlantedTree, plantTree, readPlantedTree } from "@retake/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CallPoint, forEachOfTwo, recordCalls, runInjected, runWorker, sample } from "./support/system-calls.ts";
import { buildWorkload, type WorkloadName } from "./support/workloads.ts";

// A run under strace takes about a second: every point is visited where RETAKE_CRASH=every asks for it, else an even sample.
const pointsMax = process.env["RETAKE_CRASH"] === "every" ? Number.POSITIVE_INFINITY : 24;

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

async function sweep(verb: "commit" | "naive", name: WorkloadName, countMax: number): Promise<readonly Victim[]> {
	const rehearsal = plantRoot(name, "rehearsal");
	const points = await recordCalls([verb, name, rehearsal], join(place, "log"));
	const { after } = buildWorkload(name);
	if (verb === "commit") expect(readPlantedTree(rehearsal)).toEqual(normalisePlantedTree(after));
	const victims: Victim[] = [];
	await forEachOfTwo(sample(points, countMax), async (point) => {
		const root = plantRoot(name, `${point.name}-${point.nth}`);
		const end = await runInjected([verb, name, root], point, "signal=KILL");
		// Proof that the blow fell: strace dies of the signal that its child died of.
		expect([point, end.signal]).toEqual([point, "SIGKILL"]);
		victims.push({ point, root, isAcknowledged: end.output.includes('"kind":"committed"') });
	});
	return victims;
}

function judge(victims: readonly Victim[], name: WorkloadName): Verdict {
	const { before, after } = buildWorkload(name);
	const [old, wanted] = [before, after].map((tree) => JSON.stringify(sorted(normalisePlantedTree(tree))));
	const state = ({ root }: Victim): string => JSON.stringify(sorted(readPlantedTree(root)));
	const points = (chosen: readonly Victim[]): readonly CallPoint[] => chosen.map(({ point }) => point);
	return {
		torn: points(victims.filter((victim) => ![old, wanted].includes(state(victim)))),
		lost: points(victims.filter((victim) => victim.isAcknowledged && state(victim) !== wanted)),
		littered: points(victims.filter(({ root }) => leftBehind(root).length > 0)),
		old: victims.filter((victim) => state(victim) === old).length,
		new: victims.filter((victim) => state(victim) === wanted).length,
	};
}

function sorted(tree: Record<string, string | null>): readonly (readonly [string, string | null])[] {
	return Object.entries(tree).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function leftBehind(root: string): readonly string[] {
	const state = join(root, ".retake");
	const names = readdirSync(root).includes(".retake") ? readdirSync(state, { recursive: true }).map(String) : [];
	return names.filter((name) => ![".gitignore", "commit.lock", "journal"].includes(name));
}

test.each(["files", "types"] as const)(
	"killed at the system calls of a commit (%s): all or nothing, once recovered",
	async (name) => {
		const victims = await sweep("commit", name, pointsMax);
		await runWorker(["recover", name, ...victims.map(({ root }) => root)]);
		const verdict = judge(victims, name);
		console.log(`commit-kill ${name}: ${victims.length} points, ${verdict.old} as before, ${verdict.new} as after`);
		expect(verdict).toMatchObject({ torn: [], lost: [], littered: [] });
		expect(verdict.old).toBeGreaterThan(5);
		expect(verdict.new).toBeGreaterThan(5);
	},
	600_000,
);

test("the control: files written in place one after another tear under the same blows", async () => {
	const victims = await sweep("naive", "files", 12);
	const { torn } = judge(victims, "files");
	console.log(`commit-kill control: ${torn.length} of ${victims.length} points torn`);
	expect(torn.length).toBeGreaterThan(victims.length / 2);
}, 300_000);

test("killed during the recovery, then recovered again: all or nothing", async () => {
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
	await forEachOfTwo(sample(recoveryPoints, Math.min(pointsMax, 40) / 2), async (point) => {
		const root = copy(`recovery-${point.name}-${point.nth}`);
		expect([point, (await runInjected(["recover", name, root], point, "signal=KILL")).signal]).toEqual([
			point,
			"SIGKILL",
		]);
		victims.push({ point, root, isAcknowledged: true });
	});
	await runWorker(["recover", name, ...victims.map(({ root }) => root)]);
	const verdict = judge(victims, name);
	console.log(`recovery-kill: ${victims.length} of ${recoveryPoints.length} points, ${verdict.new} as after`);
	expect(verdict).toMatchObject({ torn: [], lost: [], littered: [], old: 0, new: victims.length });
}, 120_000);
