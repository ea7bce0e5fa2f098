/** Works through a list, several at a time. */
export async function inLanes<Item>(
	items: readonly Item[],
	lanes: number,
	work: (item: Item) => Promise<void>,
): Promise<void> {
	const queue = items.values();
	const lane = async (): Promise<void> => {
		for (const item of queue) await work(item);
	};
	await Promise.all(Array.from({ length: lanes }, lane));
}

/** Picks at most `count` items, evenly spread, the first and the last among them. */
export function sample<Item>(items: readonly Item[], count: number): readonly Item[] {
	if (items.length <= count) return items;
	const step = (items.length - 1) / (count - 1);
	return Array.from({ length: count }, (_, index) => items[Math.round(index * step)] as Item);
}
