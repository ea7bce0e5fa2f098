import { recoverWorktree } from "@retake/txfs";
import type { CrashGround } from "../ground/crash-ground.ts";
import { heldState } from "../ground/held-state.ts";
import { type CallPoint, endPoint, killAt, recordCalls } from "../ground/system-calls.ts";
import { Tally } from "../ground/tally.ts";
import { leftBehind } from "../ground/tree-state.ts";
import { buildSeries, type SeriesName } from "../ground/workloads.ts";
import type { Sweep } from "../sweep.ts";

const lanes = 3;

/**
 * R2: a commit is killed half-way through its swaps, past the commit point and with the tree half old, half new; the recovery that
 * follows is killed right before each of its calls, and another one must end with all of the commit.
 */
export function killRecovery(series: SeriesName, sampled: number): Sweep {
	return {
		id: "R2",
		name: `kill-recovery-${series}`,
		title: `killed in the recovery, ${series}`,
		needsRoot: false,
		sampled,
		harmShareMin: null,
		async run(ground) {
			const built = buildSeries(series);
			const heldIn = heldState(built);
			const half = await ground.plant(built.states[0] ?? {}, "half");
			const output = await killAt(ground.command("series", series, half), await findHalfWay(ground, series));
			// The one under way is past its commit point.
			const due = output.split('"kind":"committed"').length;
			if (heldIn(half) !== -1) throw new Error("half-way, the tree is not half old, half new");
			const rehearsal = await ground.copy(half, "recovery-rehearsal");
			const points = [...(await recordCalls(ground.command("recover", series, rehearsal))), endPoint];
			const tally = new Tally();
			await ground.strikeAll(ground.choose(points), lanes, async (point) => {
				const label = `${point.name}-${point.nth}`;
				const root = await ground.copy(half, label);
				await killAt(ground.command("recover", series, root), point);
				tally.blow();
				await recoverWorktree(root);
				const held = heldIn(root);
				if (held === -1) tally.torn(label);
				else if (held !== due) tally.lost(label);
				else tally.saw("as after");
				tally.litter(label, leftBehind(root));
				await ground.clear(root);
			});
			return tally.figures(points.length);
		},
	};
}

async function findHalfWay(ground: CrashGround, series: SeriesName): Promise<CallPoint> {
	const root = await ground.plant(buildSeries(series).states[0] ?? {}, "half-way-rehearsal");
	const points = await recordCalls(ground.command("series", series, root));
	const swaps = points.filter((point) => point.name === "renameat2");
	return swaps[Math.floor(swaps.length / 2)] ?? endPoint;
}
