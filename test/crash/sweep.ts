import type { CrashGround } from "./ground/crash-ground.ts";

/** One row of the table that `pnpm crash` prints. */
export interface CrashFigures {
	/** How many places there are to strike at; for random blows, as many as were asked for. */
	readonly points: number;
	/** How many kills, cuts, faults or edits there were: fewer than the points in a sample, twice as many where each point has two. */
	readonly blows: number;
	/** Trees that were neither as before nor as after, once recovered. */
	readonly torn: number;
	/** Whole trees that lacked an acknowledged commit, or somebody's edit. */
	readonly lost: number;
	/** Places in which something of the commit was left after the recovery. */
	readonly litter: number;
	/** What else went wrong, a sentence each. */
	readonly faults: readonly string[];
	/** What else was seen, in few words. */
	readonly seen: string;
}

/** A promise put to the test: one fault, struck at every point of one workload, and what it left. */
export interface Sweep {
	/** The promise's id in `docs/reliability.md`. */
	readonly id: string;
	/** Names the sweep to `--only`. */
	readonly name: string;
	/** Says what is done to what. */
	readonly title: string;
	/** Whether it mounts file systems, which only root may. */
	readonly needsRoot: boolean;
	/** How many points the tests visit; 0 for a sweep that is run in full only. */
	readonly sampled: number;
	/** For a control, in which a defence is switched off: the least share of the blows that must tear or lose. Null for all else. */
	readonly harmShareMin: number | null;
	run(ground: CrashGround): Promise<CrashFigures>;
}

/** Says what is wrong with a sweep's figures, or returns null: harm was done, or a control found too little of it. */
export function complaint({ harmShareMin }: Sweep, figures: CrashFigures): string | null {
	const { blows, torn, lost, litter, faults } = figures;
	if (blows === 0) return "no blow fell";
	if (harmShareMin !== null) {
		const share = (torn + lost) / blows;
		return share > 0 && share >= harmShareMin ? null : `the control found harm in ${percent(share)} of the blows only`;
	}
	if (torn + lost + litter > 0) return `${torn} torn, ${lost} lost, ${litter} littered: ${faults.join("; ")}`;
	return faults.length === 0 ? null : faults.join("; ");
}

/** Spells a share of the whole. */
export function percent(share: number): string {
	return `${Math.round(100 * share)} %`;
}
