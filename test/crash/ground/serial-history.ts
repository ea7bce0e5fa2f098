/** One attempt to commit: the versions it read, what became of it, and where it was told of an overlap. Versions are content hashes. */
export interface Attempt {
	readonly id: string;
	/** Of each path that it read and meant to write, the version that it read. */
	readonly reads: Readonly<Record<string, string>>;
	/** Of the same paths, the version that it meant to write. No two attempts write the same one. */
	readonly writes: Readonly<Record<string, string>>;
	readonly kind: "committed" | "aborted" | "refused";
	/** What was found where something else was expected, where it aborted. */
	readonly conflicts: Readonly<Record<string, string | null>>;
}

/** What a history proved to be. */
export interface HistoryVerdict {
	/** Commits whose version another commit replaced without having read it. */
	readonly lostUpdates: number;
	/** Overlaps of which the writer was told. */
	readonly overlaps: number;
	/** What else contradicts a serial order, a sentence each. */
	readonly contradictions: readonly string[];
}

type Versions = Readonly<Record<string, string>>;

/**
 * Decides whether commits that ran at the same time were serialisable: whether an order exists in which each, by itself, would have read
 * what it read, and which ends in what is there. Every abort must name a version that somebody really wrote.
 */
export function checkHistory(initial: Versions, attempts: readonly Attempt[], final: Versions): HistoryVerdict {
	const committed = attempts.filter(({ kind }) => kind === "committed");
	const writerOf = new Map(
		committed.flatMap((attempt) => entries(attempt.writes).map((key) => [key, attempt] as const)),
	);
	const known = new Set([...writerOf.keys(), ...entries(initial)]);
	const contradictions: string[] = [];
	const replacedBy = new Map<string, Attempt>();
	let lostUpdates = 0;
	for (const attempt of committed) {
		for (const key of entries(attempt.reads)) {
			if (!known.has(key)) contradictions.push(`${attempt.id} read a version of ${key} that nobody committed`);
			// Two commits on top of one version: whichever came second has wiped out the first.
			if (replacedBy.has(key)) lostUpdates++;
			replacedBy.set(key, attempt);
		}
	}
	const order = serialOrder(committed, writerOf);
	if (order === null) contradictions.push("the commits wait for each other in a circle: there is no serial order");
	else contradictions.push(...replay(initial, order, final));
	const aborted = attempts.filter(({ kind }) => kind === "aborted");
	contradictions.push(...aborted.flatMap((attempt) => unfounded(attempt, known)));
	return { lostUpdates, overlaps: aborted.length, contradictions };
}

function entries(versions: Versions): readonly string[] {
	return Object.entries(versions).map(([path, version]) => `${path} ${version}`);
}

/** Sorts commits so that each comes after those whose versions it read, or returns null where that goes in a circle. */
function serialOrder(committed: readonly Attempt[], writerOf: ReadonlyMap<string, Attempt>): readonly Attempt[] | null {
	const waits = new Map<Attempt, number>();
	const followers = new Map<Attempt, Attempt[]>();
	for (const attempt of committed) {
		const before = new Set(entries(attempt.reads).flatMap((key) => writerOf.get(key) ?? []));
		waits.set(attempt, before.size);
		for (const earlier of before) followers.set(earlier, [...(followers.get(earlier) ?? []), attempt]);
	}
	const order = committed.filter((attempt) => waits.get(attempt) === 0);
	for (const attempt of order) {
		for (const follower of followers.get(attempt) ?? []) {
			const left = (waits.get(follower) ?? 0) - 1;
			waits.set(follower, left);
			if (left === 0) order.push(follower);
		}
	}
	return order.length === committed.length ? order : null;
}

function replay(initial: Versions, order: readonly Attempt[], final: Versions): readonly string[] {
	const state: Record<string, string> = { ...initial };
	const contradictions: string[] = [];
	for (const { id, reads, writes } of order) {
		for (const [path, version] of Object.entries(reads)) {
			if (state[path] !== version) contradictions.push(`in no order could ${id} have read that version of ${path}`);
		}
		Object.assign(state, writes);
	}
	for (const [path, version] of Object.entries(final)) {
		if (state[path] !== version) contradictions.push(`${path} does not hold what the last commit wrote`);
	}
	return contradictions;
}

/** An abort is founded where it names a path that it meant to write, and there another version that somebody committed. */
function unfounded({ id, reads, conflicts }: Attempt, known: ReadonlySet<string>): readonly string[] {
	const isTold = Object.keys(conflicts).length > 0;
	const wrong = Object.entries(conflicts).filter(
		([path, found]) => reads[path] === undefined || reads[path] === found || !known.has(`${path} ${found}`),
	);
	return isTold && wrong.length === 0 ? [] : [`${id} was told of an overlap that there was not`];
}
