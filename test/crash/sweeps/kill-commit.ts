import { recoverWorktree } from "@retake/txfs";
import type { CrashGround } from "../ground/crash-ground.ts";
import { heldState } from "../ground/held-state.ts";
import { endPoint, killAt, recordCalls } from "../ground/system-calls.ts";
import { Tally } from "../ground/tally.ts";
import { leftBehind } from "../ground/tree-state.ts";
import { buildSeries, type SeriesName } from "../ground/workloads.ts";
import type { CrashFigures, Sweep } from "../sweep.ts";

const lanes = 3;

/** R1: the committing process is killed right before each of its calls; the tree is recovered and compared. */
export function killCommit(series: SeriesName, sampled: number): Sweep {
	return {
		id: "R1",
		name: `kill-${series}`,
		title: `killed in a commit, ${series}`,
		needsRoot: false,
		sampled,
		harmShareMin: null,
		run: (ground) => sweep(ground, "series", series),
	};
}

/** The control of R1: files are written in place, one after another, and nothing is there to recover by. */
export const killNaive: Sweep = {
	id: "R1",
	name: "control-in-place",
	title: "control: written in place, deep",
	needsRoot: false,
	sampled: 10,
	harmShareMin: 0.5,
	run: (ground) => sweep(ground, "naive", "deep"),
};

async function sweep(ground: CrashGround, verb: "series" | "naive", name: SeriesName): Promise<CrashFigures> {
	const series = buildSeries(name);
	const { states } = series;
	const heldIn = heldState(series);
	const before = states[0] ?? {};
	const rehearsal = await ground.plant(before, "rehearsal");
	const points = [...(await recordCalls(ground.command(verb, name, rehearsal))), endPoint];
	if (verb === "series" && heldIn(rehearsal) !== states.length - 1) throw new Error("undisturbed, it ended elsewhere");
	const tally = new Tally();
	await ground.strikeAll(ground.choose(points), lanes, async (point) => {
		const label = `${point.name}-${point.nth}`;
		const root = await ground.plant(before, label);
		const output = await killAt(ground.command(verb, name, root), point);
		tally.blow();
		const acknowledged = output.split('"kind":"committed"').length - 1;
		if (verb === "series") await recoverWorktree(root);
		const held = heldIn(root);
		if (held === -1) tally.torn(label);
		else if (held < acknowledged) tally.lost(label);
		tally.litter(label, leftBehind(root));
		if (held >= 0) tally.saw(held === 0 ? "as before" : held === states.length - 1 ? "as after" : "in between");
		await ground.clear(root);
	});
	if (verb === "series" && (tally.count("as before") === 0 || tally.count("as after") === 0)) {
		tally.fault("the points do not reach from before the commit to after it");
	}
	return tally.figures(points.length);
}
