/** Returns the indices of a longest strictly increasing subsequence, in order. Takes n log n steps. */
export function longestIncreasing(values: readonly number[]): number[] {
	const tails: number[] = [];
	const before = new Int32Array(values.length).fill(-1);
	for (let index = 0; index < values.length; index++) {
		const value = values[index] as number;
		let low = 0;
		let high = tails.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if ((values[tails[middle] as number] as number) < value) low = middle + 1;
			else high = middle;
		}
		if (low > 0) before[index] = tails[low - 1] as number;
		tails[low] = index;
	}
	const indices: number[] = [];
	for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index] as number) indices.push(index);
	return indices.reverse();
}
