/**
 * Yields the text of `JSON.stringify(value, null, 2)` piece by piece. Where the value holds an iterable that is no array, it is written as
 * one, and each of its items is let go when it is written. Items themselves are written whole.
 */
export function* jsonPieces(value: unknown, indent = ""): Iterable<string> {
	if (isStream(value)) yield* listPieces(value, (item) => [textOf(item, `${indent}  `)], indent);
	else if (!holdsStream(value)) yield textOf(value, indent);
	else if (Array.isArray(value)) yield* listPieces(value, (item) => jsonPieces(item, `${indent}  `), indent);
	else yield* fieldPieces(Object.entries(value as object), indent);
}

function* listPieces(
	items: Iterable<unknown>,
	piecesOf: (item: unknown) => Iterable<string>,
	indent: string,
): Iterable<string> {
	let before = "[";
	for (const item of items) {
		yield `${before}\n${indent}  `;
		yield* piecesOf(item);
		before = ",";
	}
	yield before === "[" ? "[]" : `\n${indent}]`;
}

function* fieldPieces(fields: readonly (readonly [string, unknown])[], indent: string): Iterable<string> {
	let before = "{";
	for (const [name, field] of fields) {
		if (field === undefined) continue;
		yield `${before}\n${indent}  ${JSON.stringify(name)}: `;
		yield* jsonPieces(field, `${indent}  `);
		before = ",";
	}
	yield `\n${indent}}`;
}

/** A line break in JSON's text is never one of the value: those are escaped. */
function textOf(value: unknown, indent: string): string {
	return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
}

function holdsStream(value: unknown): boolean {
	if (typeof value !== "object" || value === null) return false;
	return isStream(value) || Object.values(value).some(holdsStream);
}

function isStream(value: unknown): value is Iterable<unknown> {
	return typeof value === "object" && value !== null && Symbol.iterator in value && !Array.isArray(value);
}
