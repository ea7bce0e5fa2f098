import type { CallPlace } from "@retake/recorder";

/**
 * Draws the parallel branches of a run beside its calls, one column each from a branch's first call to the end of its last: `●` is a call of the
 * branch, `│` one of others while it goes on. A column is used again when its branch has ended. Empty texts where there is no branch.
 * The calls are gone through twice.
 */
export function* branchLanes(calls: Iterable<CallPlace>): Iterable<string> {
	const ends = new Map<string, number>();
	for (const { address, settledSequence } of calls) {
		const end = settledSequence ?? Number.POSITIVE_INFINITY;
		if (address.scope !== "/") ends.set(address.scope, Math.max(end, ends.get(address.scope) ?? 0));
	}
	const lanes: (string | null)[] = [];
	for (const {
		address: { scope },
		issuedSequence,
	} of calls) {
		for (const [lane, held] of lanes.entries()) {
			if (held !== null && (ends.get(held) ?? 0) < issuedSequence) lanes[lane] = null;
		}
		if (scope !== "/" && !lanes.includes(scope)) {
			const free = lanes.indexOf(null);
			lanes[free < 0 ? lanes.length : free] = scope;
		}
		yield lanes
			.map((lane) => (lane === null ? " " : lane === scope ? "●" : "│"))
			.join("")
			.trimEnd();
	}
}
