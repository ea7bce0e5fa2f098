import { createMeasurement, type Measurement } from "./measurement.ts";

/** One of those that are compared. */
export interface Contestant {
	readonly name: string;
	/** Does the work once, prepares and clears up outside of the clock, and returns the milliseconds of one operation. */
	readonly sample: () => Promise<number>;
	/** Fewer rounds than the others, for what takes seconds. */
	readonly roundsMax?: number;
}

/**
 * Measures contestants side by side: a round gives each its turn, and every round begins with another one, so that what
 * else the machine does falls on all alike. The first round of those that have many is a warm-up and does not count.
 */
export async function interleave(contestants: readonly Contestant[], rounds: number): Promise<readonly Measurement[]> {
	const samples = contestants.map((): number[] => []);
	for (const { sample, roundsMax } of contestants) if (roundsMax === undefined) await sample();
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < contestants.length; turn++) {
			const index = (round + turn) % contestants.length;
			const contestant = contestants[index] as Contestant;
			if (round >= (contestant.roundsMax ?? rounds)) continue;
			samples[index]?.push(await contestant.sample());
		}
	}
	return contestants.map(({ name }, index) => createMeasurement(name, samples[index] ?? []));
}
