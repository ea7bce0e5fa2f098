/** What an exact search may spend. */
export interface SearchBudget {
	readonly editsMax: number;
	readonly stepsMax: number;
}

/** What a search found: pairs of equal elements in order, or null where the budget did not suffice. */
export interface SearchOutcome {
	readonly pairs: readonly (readonly [number, number])[] | null;
	readonly steps: number;
}

/**
 * Finds a longest common subsequence by the greedy search over edit distances (E. Myers, "An O(ND) Difference Algorithm and
 * Its Variations", 1986), keeping each round's frontier so that the path can be walked back. Gives up at the budget.
 */
export function commonSubsequence(a: Int32Array, b: Int32Array, { editsMax, stepsMax }: SearchBudget): SearchOutcome {
	const roundsMax = Math.min(editsMax, a.length + b.length);
	const frontiers: Int32Array[] = [];
	let previous = new Int32Array(1);
	let steps = 0;
	for (let edits = 0; edits <= roundsMax; edits++) {
		// frontier[edits + diagonal] is how far in `a` the diagonal `x - y` was reached with this many edits.
		const frontier = new Int32Array(2 * edits + 1);
		for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
			let x = edits === 0 ? 0 : furthestStart(previous, edits, diagonal);
			let y = x - diagonal;
			while (x < a.length && y < b.length && a[x] === b[y]) {
				x++;
				y++;
				steps++;
			}
			steps++;
			frontier[edits + diagonal] = x;
			if (x >= a.length && y >= b.length) {
				frontiers.push(frontier);
				return { pairs: walkBack(frontiers, a.length, b.length), steps };
			}
		}
		if (steps > stepsMax) return { pairs: null, steps };
		frontiers.push(frontier);
		previous = frontier;
	}
	return { pairs: null, steps };
}

/** Says whether the diagonal is entered by an insertion, from the diagonal above it, rather than by a deletion. */
function entersByInsertion(previous: Int32Array, edits: number, diagonal: number): boolean {
	if (diagonal === -edits) return true;
	if (diagonal === edits) return false;
	return (previous[edits - 1 + diagonal - 1] as number) < (previous[edits - 1 + diagonal + 1] as number);
}

function furthestStart(previous: Int32Array, edits: number, diagonal: number): number {
	return entersByInsertion(previous, edits, diagonal)
		? (previous[edits - 1 + diagonal + 1] as number)
		: (previous[edits - 1 + diagonal - 1] as number) + 1;
}

function walkBack(frontiers: readonly Int32Array[], aLength: number, bLength: number): [number, number][] {
	const pairs: [number, number][] = [];
	let x = aLength;
	let y = bLength;
	for (let edits = frontiers.length - 1; edits >= 0; edits--) {
		const diagonal = x - y;
		const previous = frontiers[edits - 1];
		const start = previous === undefined ? 0 : furthestStart(previous, edits, diagonal);
		while (x > start) {
			x--;
			y--;
			pairs.push([x, y]);
		}
		if (previous === undefined) break;
		if (entersByInsertion(previous, edits, diagonal)) y--;
		else x--;
	}
	return pairs.reverse();
}
