import type { BlobReader } from "../blobs.ts";
import type { Changeset } from "../changeset.ts";
import { baseName } from "../path/path-parts.ts";
import type { FileNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import { isExecutable, withExecutable } from "./executable-bit.ts";
import { countSpans, type SpanCounts, sharedBytes } from "./similarity.ts";

/** Which moves a patch tells: `copies` tells renames too. */
export type Moves = "none" | "renames" | "copies";

/** A file that was made of another: by `rename` the other is gone. */
export interface Move {
	readonly kind: "rename" | "copy";
	readonly from: TreePath;
	readonly source: FileNode;
	/** Shared bytes in percent of the larger file, rounded down; 100 only where the contents are equal. */
	readonly similarity: number;
}

/** Percentage of shared bytes from which a file counts as made of another: git's default. */
export const moveSimilarityMin = 50;

/** Files larger than this move only where their contents are equal. */
export const moveFileBytesMax = 1024 ** 2;

/** Pairs of a file that went and one that came which are compared; where there are more, only equal contents move. */
export const movePairsMax = 1_000_000;

/** Spans that comparing all pairs may look at; the pairs after that do not move. */
export const moveStepsMax = 20_000_000;

interface Candidate {
	readonly path: TreePath;
	readonly file: FileNode;
	/** Whether the file is gone from its path, so that the move is a rename. */
	readonly isGone: boolean;
}

interface Pair {
	readonly source: Candidate;
	readonly target: Candidate;
	readonly similarity: number;
}

/**
 * Finds which created files of a changeset were made of files that it deletes or, for copies, changes: by equal contents first, then
 * by what they share. Returns the moves by the path that the file came to. Bounded; throws `BLOB_NOT_FOUND`.
 */
export function findMoves(changeset: Changeset, blobs: BlobReader, moves: Moves): ReadonlyMap<TreePath, Move> {
	if (moves === "none") return new Map();
	const sources: Candidate[] = [];
	const targets: Candidate[] = [];
	for (const { path, was, now } of changeset.changes) {
		const isGone = now?.kind !== "file";
		if (was?.kind === "file" && (isGone || moves === "copies")) sources.push({ path, file: was, isGone });
		if (now?.kind === "file" && was?.kind !== "file") targets.push({ path, file: now, isGone: false });
	}
	const assignment = new Assignment(moves);
	offerEqual(sources, targets, assignment);
	const similar = new SimilarPairs(blobs).among(
		sources.filter((source) => assignment.isFree(source)),
		targets.filter(({ path }) => !assignment.found.has(path)),
	);
	for (const pair of similar.sort(compareMoves)) assignment.offer(pair);
	return assignment.found;
}

class Assignment {
	readonly found = new Map<TreePath, Move>();
	readonly #moves: Moves;
	readonly #taken = new Set<TreePath>();

	constructor(moves: Moves) {
		this.#moves = moves;
	}

	/** Tells whether a file can still move somewhere: a copy can be made any number of times. */
	isFree({ path }: Candidate): boolean {
		return this.#moves === "copies" || !this.#taken.has(path);
	}

	/** Tells whether nothing was made of a file yet. */
	isUnused({ path }: Candidate): boolean {
		return !this.#taken.has(path);
	}

	offer({ source, target, similarity }: Pair): void {
		const renames = source.isGone && this.isUnused(source);
		if (this.found.has(target.path) || !(renames || this.#moves === "copies")) return;
		this.#taken.add(source.path);
		this.found.set(target.path, {
			kind: renames ? "rename" : "copy",
			from: source.path,
			source: source.file,
			similarity,
		});
	}
}

/** Pairs files of equal contents, those of one name first, in time proportional to their number. */
function offerEqual(sources: readonly Candidate[], targets: readonly Candidate[], assignment: Assignment): void {
	const keys = [
		({ path, file }: Candidate) => `${file.content} ${baseName(path)}`,
		({ file }: Candidate) => file.content,
	];
	const goneFirst = sources.toSorted((left, right) => Number(right.isGone) - Number(left.isGone));
	for (const keyOf of keys) {
		const queues = new Map<string, Candidate[]>();
		for (const source of goneFirst) {
			const queue = queues.get(keyOf(source));
			if (queue === undefined) queues.set(keyOf(source), [source]);
			else queue.push(source);
		}
		for (const queue of queues.values()) queue.reverse();
		for (const target of targets) {
			const queue = assignment.found.has(target.path) ? undefined : queues.get(keyOf(target));
			if (queue === undefined) continue;
			// Of those that something was made of already the last stays, for copies.
			while (queue.length > 1 && !assignment.isUnused(queue.at(-1) as Candidate)) queue.pop();
			const source = queue.at(-1) as Candidate;
			if (canMove(source, target)) assignment.offer({ source, target, similarity: 100 });
		}
	}
}

/** Empty files move nowhere, and a patch keeps the permission bits of what it moves, the executable one aside. */
function canMove({ path, file }: Candidate, target: Candidate): boolean {
	if (path === target.path || file.size === 0 || target.file.size === 0) return false;
	return withExecutable(file.mode, isExecutable(target.file.mode)) === target.file.mode;
}

function isSameName(source: Candidate, target: Candidate): boolean {
	return baseName(source.path) === baseName(target.path);
}

/** The most similar first; of equals one that is gone, one of the same name. Sorting keeps the order of paths otherwise. */
function compareMoves(left: Pair, right: Pair): number {
	return (
		right.similarity - left.similarity ||
		Number(right.source.isGone) - Number(left.source.isGone) ||
		Number(isSameName(right.source, right.target)) - Number(isSameName(left.source, left.target))
	);
}

class SimilarPairs {
	readonly #blobs: BlobReader;
	readonly #spans = new Map<TreePath, Map<"old" | "new", SpanCounts>>();
	#steps = 0;

	constructor(blobs: BlobReader) {
		this.#blobs = blobs;
	}

	among(sources: readonly Candidate[], targets: readonly Candidate[]): Pair[] {
		if (sources.length * targets.length > movePairsMax) return [];
		const pairs: Pair[] = [];
		for (const target of targets) {
			for (const source of sources) {
				const similarity = canMove(source, target) ? this.#similarity(source, target) : 0;
				if (similarity >= moveSimilarityMin) pairs.push({ source, target, similarity });
			}
		}
		return pairs;
	}

	#similarity(source: Candidate, target: Candidate): number {
		const [smaller, larger] = [source.file.size, target.file.size].sort((left, right) => left - right) as [
			number,
			number,
		];
		if (larger > moveFileBytesMax || smaller * 100 < larger * moveSimilarityMin || this.#steps > moveStepsMax) return 0;
		const [old, now] = [this.#spansOf(source, "old"), this.#spansOf(target, "new")];
		this.#steps += old.size;
		// Equal spans in another order are not equal contents.
		return Math.min(99, Math.floor((sharedBytes(old, now) * 100) / larger));
	}

	#spansOf({ path, file }: Candidate, side: "old" | "new"): SpanCounts {
		const known = this.#spans.get(path) ?? new Map<"old" | "new", SpanCounts>();
		this.#spans.set(path, known);
		let spans = known.get(side);
		if (spans === undefined) {
			spans = countSpans(this.#blobs.read(file.content));
			// What is kept costs memory besides.
			this.#steps += 10 * spans.size;
			known.set(side, spans);
		}
		return spans;
	}
}
