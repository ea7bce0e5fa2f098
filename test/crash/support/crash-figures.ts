import type { TestContext } from "vitest";

/** One row of the table that `pnpm crash` prints. */
export interface CrashFigures {
	/** The promise's id in `docs/reliability.md`. */
	readonly id: string;
	readonly sweep: string;
	/** How many places there are to strike at. */
	readonly points: number;
	/** How many kills, cuts, faults or edits there were: fewer than the points in a sample, twice as many where each point has two. */
	readonly blows: number;
	/** Trees that were neither as before nor as after, once recovered. */
	readonly torn: number;
	/** Whole trees that lacked an acknowledged commit, or somebody's edit. */
	readonly lost: number;
	/** Places in which something of the commit was left after the recovery. */
	readonly litter: number;
	/** Whether the defence was switched off, so that the tree has to suffer. */
	readonly isControl: boolean;
	/** What else was seen, in few words. */
	readonly seen: string;
}

declare module "vitest" {
	interface TaskMeta {
		crash?: CrashFigures;
	}
}

/** Hands a sweep's figures to whoever started the tests. */
export function noteFigures(task: TestContext["task"], figures: CrashFigures): void {
	task.meta.crash = figures;
	console.log(Object.values(figures).join(" · "));
}

/** Tells whether RETAKE_CRASH=every asks for every point. */
export function isFull(): boolean {
	return process.env["RETAKE_CRASH"] === "every";
}

/** Returns how many points a sweep visits: an even sample of that many, but where every one is asked for. */
export function pointsMax(sampled: number): number {
	return isFull() ? Number.POSITIVE_INFINITY : sampled;
}
