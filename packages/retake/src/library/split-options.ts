/** Splits options into those that a schema's shape names and the others. */
export function splitOptions<Options extends object, Shape extends object>(
	options: Options,
	shape: Shape,
): [Pick<Options, keyof Options & keyof Shape>, Omit<Options, keyof Shape>] {
	const entries = Object.entries(options);
	const named = Object.fromEntries(entries.filter(([name]) => Object.hasOwn(shape, name)));
	const others = Object.fromEntries(entries.filter(([name]) => !Object.hasOwn(shape, name)));
	return [named as Pick<Options, keyof Options & keyof Shape>, others as Omit<Options, keyof Shape>];
}
