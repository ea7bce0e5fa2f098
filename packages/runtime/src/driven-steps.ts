import type { RunIndex } from "@retake/recorder";
import type { DrivenScope } from "./driven-scopes.ts";

/** Something that a scope of a record did; `at` is where in the log, `endsAt` where it was over. */
export type DrivenStep =
	| { readonly kind: "call"; readonly at: number; readonly endsAt: number; readonly ordinal: number }
	| { readonly kind: "group"; readonly at: number; readonly endsAt: number; readonly branches: readonly DrivenScope[] }
	| {
			readonly kind: "scope";
			readonly at: number;
			readonly endsAt: number;
			readonly name: string;
			readonly scope: DrivenScope;
	  }
	| { readonly kind: "marker"; readonly at: number };

/** Yields the steps of a scope in the order of the log. Calls and markers, which can be very many, are made as they are asked for. */
export function* stepsOf(scope: DrivenScope, index: RunIndex): Iterable<DrivenStep> {
	const opened = [...groupsOf(scope), ...namedOf(scope)].sort((a, b) => a.at - b.at);
	yield* merge(merge(callsOf(scope, index), opened), scope.path === "/" ? markersOf(index) : []);
}

function* callsOf({ path }: DrivenScope, { calls }: RunIndex): Iterable<DrivenStep> {
	for (const ordinal of calls.ofScope(path)) {
		const endsAt = calls.endedAt(ordinal);
		if (endsAt !== null) yield { kind: "call", at: calls.issuedAt(ordinal), endsAt, ordinal };
	}
}

function* markersOf({ markers }: RunIndex): Iterable<DrivenStep> {
	for (const at of markers) yield { kind: "marker", at };
}

function groupsOf({ groups }: DrivenScope): DrivenStep[] {
	return [...groups.values()].map((branches) => {
		let at = Infinity;
		let endsAt = -1;
		for (const branch of branches) {
			at = Math.min(at, branch.firstIssued);
			endsAt = Math.max(endsAt, branch.endsAt);
		}
		return { kind: "group", at, endsAt, branches };
	});
}

/** A scope of a name is opened before later ones of that name, and where its first call was issued at the latest. */
function namedOf({ named }: DrivenScope): DrivenStep[] {
	return [...named].flatMap(([name, scopes]) => {
		let at = Infinity;
		return scopes
			.toReversed()
			.map((scope): DrivenStep => {
				at = Math.min(at, scope.firstIssued);
				return { kind: "scope", at, endsAt: scope.endsAt, name, scope };
			})
			.toReversed();
	});
}

/** Merges two series that are in order; of equal places that of the first comes first. */
function* merge(first: Iterable<DrivenStep>, second: Iterable<DrivenStep>): Iterable<DrivenStep> {
	const others = second[Symbol.iterator]();
	let other = others.next();
	for (const step of first) {
		while (other.done !== true && other.value.at < step.at) {
			yield other.value;
			other = others.next();
		}
		yield step;
	}
	for (; other.done !== true; other = others.next()) yield other.value;
}
