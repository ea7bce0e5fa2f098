import { hashCanonical } from "@retake/changeset";
import type { TraceCall } from "../trace/trace.ts";
import type { ToolIgnoreRules } from "./ignore-rule.ts";

/** The keys of two runs' calls as numbers, equal where kind, tool and input (without its ignored parts) are equal. */
export interface CallKeys {
	readonly a: Int32Array;
	readonly b: Int32Array;
	readonly keyCount: number;
	/** Whether `a` comes first in an order that depends on the keys alone; a diff must not depend on which run is named first. */
	readonly aComesFirst: boolean;
}

function keyOf({ identity, input }: TraceCall, rules: ToolIgnoreRules): string {
	const inputHash = rules.reachesInput ? hashCanonical(rules.strip(input)) : identity.inputHash;
	return `${identity.kind} ${identity.tool} ${inputHash}`;
}

/** Numbers the keys of two runs' calls. */
export function numberCallKeys(
	a: readonly TraceCall[],
	b: readonly TraceCall[],
	rulesFor: (tool: string) => ToolIgnoreRules,
): CallKeys {
	const numbers = new Map<string, number>();
	const names: string[] = [];
	const numberOf = (call: TraceCall): number => {
		const key = keyOf(call, rulesFor(call.identity.tool));
		const known = numbers.get(key);
		if (known !== undefined) return known;
		numbers.set(key, names.length);
		return names.push(key) - 1;
	};
	const aKeys = Int32Array.from(a, numberOf);
	const bKeys = Int32Array.from(b, numberOf);
	return { a: aKeys, b: bKeys, keyCount: names.length, aComesFirst: comesFirst(aKeys, bKeys, names) };
}

function comesFirst(a: Int32Array, b: Int32Array, names: readonly string[]): boolean {
	if (a.length !== b.length) return a.length < b.length;
	const differing = a.findIndex((key, index) => key !== b[index]);
	if (differing < 0) return true;
	return (names[a[differing] as number] as string) < (names[b[differing] as number] as string);
}
