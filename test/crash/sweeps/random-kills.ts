import { readFileSync } from "node:fs";
import { join } from "node:path";
import { recoverWorktree } from "@retake/txfs";
import type { CrashGround } from "../ground/crash-ground.ts";
import { counterPath, stateAfter } from "../ground/endless-series.ts";
import { seededNumbers } from "../ground/seeded-numbers.ts";
import { liveAndDie } from "../ground/short-life.ts";
import { Tally } from "../ground/tally.ts";
import { leftBehind, stateOf, stateOnDisk } from "../ground/tree-state.ts";
import type { Sweep } from "../sweep.ts";

const killsMax = 10_000;
const trees = 3;
const lifeMsMax = 60;
const recoveryMsMax = 6;

/** R5: a process recovers a tree and commits to it again and again, and is killed at a random moment of that; so is the next one. */
export const randomKills: Sweep = {
	id: "R5",
	name: "random-kills",
	title: "killed at random moments, commits and recoveries",
	needsRoot: false,
	sampled: 200,
	harmShareMin: null,
	async run(ground) {
		const kills = ground.pointsMax ?? killsMax;
		const tally = new Tally();
		let fallen = 0;
		const lane = async (number: number): Promise<void> => {
			const next = seededNumbers(ground.seed + number);
			const root = await ground.plant(stateAfter(0), `tree-${number}`);
			let acknowledged = 0;
			while (fallen < kills) {
				ground.progress(++fallen, kills);
				acknowledged = Math.max(acknowledged, await strike(ground, root, next, tally));
				// Every other time the next process finds the tree as it is, and may be killed while it recovers.
				if (next() < 0.5) acknowledged = Math.max(acknowledged, await check(root, acknowledged, tally));
			}
			await check(root, acknowledged, tally);
			tally.saw("commits", acknowledged);
		};
		await Promise.all(Array.from({ length: trees }, async (_, number) => lane(number)));
		for (const moment of ["half-way", "in the recovery"]) {
			if (tally.count(moment) === 0) tally.fault(`no kill fell ${moment}`);
		}
		return tally.figures(kills);
	},
};

/** Kills one process; returns how many commits it had acknowledged. */
async function strike(ground: CrashGround, root: string, next: () => number, tally: Tally): Promise<number> {
	const lifeMs = next() * (next() < 0.3 ? recoveryMsMax : lifeMsMax);
	const half = leftBehind(root).length > 0;
	const lines = await liveAndDie({ programs: ground.programs, program: "committingLife", args: [root], lifeMs });
	tally.blow();
	if (half && lines.length === 0) tally.saw("in the recovery");
	else if (leftBehind(root).length > 0) tally.saw("half-way");
	return Number(lines.at(-1) ?? 0);
}

/** Recovers and compares; returns how many commits are there. */
async function check(root: string, acknowledged: number, tally: Tally): Promise<number> {
	await recoverWorktree(root);
	const held = Number(readFileSync(join(root, counterPath), "utf8"));
	const label = `${root}, ${acknowledged} acknowledged, ${held} held`;
	if (stateOnDisk(root) !== stateOf(stateAfter(held))) tally.torn(label);
	if (held < acknowledged) tally.lost(label);
	if (held > acknowledged + 1) tally.fault(`more than was committed: ${label}`);
	tally.litter(label, leftBehind(root));
	return held;
}
