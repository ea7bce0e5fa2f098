import { z } from "zod";

/** Makes the schema of a list whose items are made, checked and printed one after the other: the list itself is never in memory. */
export function streamedList<Item extends z.ZodType>(item: Item) {
	return z
		.custom<Iterable<z.input<Item>>>((value) => typeof value === "object" && value !== null && Symbol.iterator in value)
		.transform((items): Iterable<z.output<Item>> => checked(items, item));
}

function* checked<Item extends z.ZodType>(items: Iterable<z.input<Item>>, item: Item): Iterable<z.output<Item>> {
	for (const each of items) yield item.parse(each);
}
