import type { CanonicalValue } from "@retake/changeset";
import { isList, type Json } from "./json.ts";
import { transcriptLimits } from "./transcript-limits.ts";

/**
 * Brings a value of JSON into a form that can be recorded: half a surrogate pair becomes U+FFFD, -0 becomes 0, a number too large for
 * a double its name, and what lies deeper than `valueDepth` the JSON text of it.
 */
export function toCanonical(value: Json, depth = 0): CanonicalValue {
	if (typeof value === "string") return value.toWellFormed();
	if (typeof value === "number") return Number.isFinite(value) ? value || 0 : String(value);
	if (typeof value !== "object" || value === null) return value;
	if (depth >= transcriptLimits.valueDepth) return deepText(value).toWellFormed();
	if (isList(value)) return value.map((child) => toCanonical(child, depth + 1));
	return Object.fromEntries(
		Object.entries(value).map(([name, child]: [string, Json]): [string, CanonicalValue] => [
			name.toWellFormed(),
			toCanonical(child, depth + 1),
		]),
	);
}

/** Writes a value as JSON without recursion: a parser takes more levels than `JSON.stringify` can write. */
function deepText(value: Json): string {
	const pieces: string[] = [];
	const pending: ({ readonly value: Json } | { readonly piece: string })[] = [{ value }];
	for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
		if ("piece" in next) pieces.push(next.piece);
		else if (typeof next.value !== "object" || next.value === null) pieces.push(JSON.stringify(next.value));
		else {
			const isArray = isList(next.value);
			pieces.push(isArray ? "[" : "{");
			pending.push({ piece: isArray ? "]" : "}" });
			for (const [index, [name, child]] of [...Object.entries(next.value).entries()].reverse()) {
				pending.push({ value: child });
				if (!isArray) pending.push({ piece: `${JSON.stringify(name)}:` });
				if (index > 0) pending.push({ piece: "," });
			}
		}
	}
	return pieces.join("");
}
