/** Returns how long `work` took, in milliseconds. */
export async function measure(work: () => unknown): Promise<number> {
	const startedAt = performance.now();
	await work();
	return performance.now() - startedAt;
}

/** Returns how long one of `count` repetitions took, in milliseconds, over all of them. */
export async function measureEach(count: number, work: (index: number) => unknown): Promise<number> {
	const total = await measure(async () => {
		for (let index = 0; index < count; index++) await work(index);
	});
	return total / count;
}
