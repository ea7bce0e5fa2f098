import { RetakeError } from "@retake/base";

/** What reading and applying one patch may take. */
export interface PatchLimits {
	/** Bytes of the patch itself. */
	readonly bytes: number;
	/** Files that it changes. */
	readonly files: number;
	/** Hunks, over all its files. */
	readonly hunks: number;
	/** Lines within hunks, over all its files. */
	readonly lines: number;
	/** Bytes of any one file before or after, and of everything that its binary parts unpack to. */
	readonly contentBytes: number;
	/** Directories that it puts files into. */
	readonly directories: number;
	/** Lines compared while looking for the places of hunks. */
	readonly matchSteps: number;
}

/** The limits in force where the caller names none. */
export const defaultPatchLimits: PatchLimits = {
	bytes: 64 * 1024 ** 2,
	files: 50_000,
	hunks: 200_000,
	lines: 2_000_000,
	contentBytes: 256 * 1024 ** 2,
	directories: 100_000,
	matchSteps: 100_000_000,
};

/** Counts what a patch uses up of its limits. */
export class PatchBudget {
	readonly #limits: PatchLimits;
	readonly #used: Partial<Record<keyof PatchLimits, number>> = {};

	constructor(limits: PatchLimits) {
		this.#limits = limits;
	}

	/** Takes so much more of a limit. Throws `LIMIT_EXCEEDED` with the limit's name. */
	take(limit: keyof PatchLimits, count: number): void {
		const used = (this.#used[limit] ?? 0) + count;
		this.#used[limit] = used;
		this.allow(limit, used);
	}

	/** Checks one amount against a limit. Throws `LIMIT_EXCEEDED` with the limit's name. */
	allow(limit: keyof PatchLimits, amount: number): void {
		const maximum = this.#limits[limit];
		if (amount <= maximum) return;
		throw new RetakeError("LIMIT_EXCEEDED", `the patch exceeds its limit of ${maximum} ${limit}`, {
			data: { limit, maximum, amount },
			remedy: `split the patch, or raise the patch limit "${limit}"`,
		});
	}

	/** How much of a limit is left. */
	left(limit: keyof PatchLimits): number {
		return this.#limits[limit] - (this.#used[limit] ?? 0);
	}
}
