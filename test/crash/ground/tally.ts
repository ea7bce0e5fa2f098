import type { CrashFigures } from "../sweep.ts";

const faultsMax = 5;

/** Counts what a sweep's blows left. */
export class Tally {
	#blows = 0;
	#torn = 0;
	#lost = 0;
	#litter = 0;
	readonly #faults: string[] = [];
	readonly #seen = new Map<string, number>();

	/** Notes that a blow fell. */
	blow(): void {
		this.#blows++;
	}

	/** Notes a tree that is none of those it may be. */
	torn(where: string): void {
		this.#torn++;
		this.fault(`torn: ${where}`);
	}

	/** Notes a whole tree that lacks what had to be there. */
	lost(where: string): void {
		this.#lost++;
		this.fault(`lost: ${where}`);
	}

	/** Notes what was left behind, if anything. */
	litter(where: string, names: readonly string[]): void {
		if (names.length === 0) return;
		this.#litter++;
		this.fault(`litter: ${where}: ${names.slice(0, 3).join(", ")}`);
	}

	/** Notes anything else that must not be. Only the first few are kept. */
	fault(sentence: string): void {
		if (this.#faults.length < faultsMax) this.#faults.push(sentence);
	}

	/** Counts something worth telling. */
	saw(what: string, count = 1): void {
		this.#seen.set(what, (this.#seen.get(what) ?? 0) + count);
	}

	/** Returns how often something was seen. */
	count(what: string): number {
		return this.#seen.get(what) ?? 0;
	}

	/** Returns the figures, with all that was seen, or with other words in its place. */
	figures(points: number, seen?: string): CrashFigures {
		const counts = [...this.#seen].map(([what, count]) => `${count} ${what}`).join(", ");
		return {
			points,
			blows: this.#blows,
			torn: this.#torn,
			lost: this.#lost,
			litter: this.#litter,
			faults: this.#faults,
			seen: seen ?? counts,
		};
	}
}
