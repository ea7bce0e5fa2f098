/** Gives a seeded stream of numbers in [0, 1): mulberry32. */
export type Random = () => number;

export function seeded(seed: number): Random {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function below(random: Random, bound: number): number {
	return Math.floor(random() * bound);
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
	return values[below(random, values.length)] as Value;
}
