import { isRetakeError } from "@retake/base";
import { type CanonicalValue, encodeCanonical } from "@retake/changeset";

/**
 * Returns the object or array that a text spells in JSON, where its canonical form loses nothing that two readers would tell apart: no integer
 * beyond 2^53, no name given twice, no text that is not Unicode. Undefined for anything else.
 */
export function losslessJson(text: string): CanonicalValue | undefined {
	if (!/^\s*[[{]/.test(text)) return undefined;
	let members = 0;
	let isLossy = false;
	try {
		const value = parseWithSource(text, (_key, member, context) => {
			if (typeof member === "number" && loses(member, context.source ?? "")) isLossy = true;
			if (typeof member === "object" && member !== null) members += Object.keys(member).length;
			return member;
		});
		if (isLossy || namesIn(text) + elementsIn(value) !== members) return undefined;
		encodeCanonical(value as CanonicalValue);
		return value as CanonicalValue;
	} catch (error) {
		if (error instanceof SyntaxError || isRetakeError(error)) return undefined;
		throw error;
	}
}

/** JSON.parse with the source text of each number, which its type does not know yet. */
const parseWithSource = JSON.parse as (
	text: string,
	reviver: (key: string, member: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

function loses(number: number, source: string): boolean {
	if (Object.is(number, -0)) return true;
	return Number.isInteger(number) && !Number.isSafeInteger(number) && String(number) !== source;
}

/** Names of members in a JSON text: strings that a colon follows. */
function namesIn(text: string): number {
	return text.match(/"(?:[^"\\]|\\.)*"\s*:?/g)?.filter((token) => token.endsWith(":")).length ?? 0;
}

function elementsIn(value: unknown): number {
	if (typeof value !== "object" || value === null) return 0;
	const own = Array.isArray(value) ? value.length : 0;
	return Object.values(value).reduce<number>((sum, member) => sum + elementsIn(member), own);
}
