/** What one contestant was measured to take, one operation a sample. */
export interface Measurement {
	readonly name: string;
	readonly samplesMs: readonly number[];
	readonly medianMs: number;
	/** 95th percentile by nearest rank: with few samples, the slowest. */
	readonly p95Ms: number;
}

/** Sums samples up. */
export function createMeasurement(name: string, samplesMs: readonly number[]): Measurement {
	return { name, samplesMs, medianMs: percentile(samplesMs, 0.5), p95Ms: percentile(samplesMs, 0.95) };
}

/** Returns the sample below which a part of all samples lies, by nearest rank. */
export function percentile(samples: readonly number[], part: number): number {
	const sorted = samples.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
