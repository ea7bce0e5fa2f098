/** Hands out numbers below a count, each to one holder at a time. */
export interface Slots {
	/** Waits for a free number; disposal gives it back. */
	take(): Promise<Slot>;
}

/** A number in use. */
export interface Slot extends Disposable {
	readonly number: number;
}

/** Makes `count` slots; who comes first is served first. */
export function createSlots(count: number): Slots {
	const free = Array.from({ length: count }, (_, index) => count - 1 - index);
	const waiting: ((number: number) => void)[] = [];
	const give = (number: number): void => {
		const next = waiting.shift();
		if (next === undefined) free.push(number);
		else next(number);
	};
	return {
		take: async () => {
			const number = free.pop() ?? (await new Promise<number>((resolve) => waiting.push(resolve)));
			return { number, [Symbol.dispose]: () => give(number) };
		},
	};
}
