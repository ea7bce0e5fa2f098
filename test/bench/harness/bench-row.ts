import type { Measurement } from "./measurement.ts";

/** A figure that the row must reach. */
export interface Target {
	/** What is measured, in words. */
	readonly text: string;
	readonly measured: number;
	readonly allowed: number;
	readonly unit: "ms" | "×" | "%" | "MB";
}

/** Contestants that do the same work; ratios are to the first. */
export interface BenchSection {
	readonly title: string;
	readonly measurements: readonly Measurement[];
}

/** What a row came to. */
export interface BenchResult {
	readonly sections: readonly BenchSection[];
	readonly targets: readonly Target[];
	/** What a reader must know about the figures, in sentences. */
	readonly notes: readonly string[];
}

/** What a row is run with. */
export interface BenchContext {
	/** Tiny sizes and few rounds: shows that the row runs, not how fast. */
	readonly smoke: boolean;
	/** A directory of the row's own, removed when all rows have run. */
	readonly scratch: string;
	/** Directory in which peers from npm are installed; null for none. */
	readonly peers: string | null;
}

/** One comparison. */
export interface BenchRow {
	/** What `--only` takes. */
	readonly name: string;
	readonly title: string;
	readonly run: (context: BenchContext) => Promise<BenchResult>;
}

/** Tells whether a target is reached. */
export function isMet({ measured, allowed }: Target): boolean {
	return measured <= allowed;
}

/** Finds a contestant's median. Throws where there is none of that name. */
export function medianOf(section: BenchSection, name: string): number {
	const found = section.measurements.find((measurement) => measurement.name === name);
	if (found === undefined) throw new Error(`nothing was measured under the name ${name}`);
	return found.medianMs;
}
