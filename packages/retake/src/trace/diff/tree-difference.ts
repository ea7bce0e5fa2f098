import type { Change, TreeNode, TreePath } from "@retake/changeset";
import { endsOf, type Trace, type TraceCall, type TraceDiff } from "@retake/recorder";
import { recordedSteps } from "@retake/runtime";
import type { Store } from "@retake/store";

/** A path at which the trees of two runs differ; null where there is nothing. */
export interface TreePathDifference {
	readonly path: TreePath;
	readonly a: TreeNode | null;
	readonly b: TreeNode | null;
	/** Whether they differed before the two runs parted, or what was called there made them. */
	readonly when: "before" | "by the call";
}

/** How the trees of two runs stand to one another where the runs part ways. */
export interface TreeDifference {
	/** Whether the runs began with the same tree; where not, only what they changed is compared. */
	readonly sameBase: boolean;
	/** In the order of the paths. */
	readonly paths: readonly TreePathDifference[];
}

/** What a run has changed so far, by path. */
type Changes = Map<TreePath, Pick<Change, "was" | "now">>;

/** Compares the trees of two runs as they were before the first divergence, and as the calls there left them; null where there is none. */
export function treeDifference(a: Trace, b: Trace, diff: TraceDiff, store: Store): TreeDifference | null {
	const first = diff.firstDivergence;
	if (first === null) return null;
	const from = diff.rows.slice(first.row);
	const row = from[0];
	const aCall = from.find((each) => each.a !== null)?.a ?? null;
	const bCall = from.find((each) => each.b !== null)?.b ?? null;
	const before = { a: changesBefore(a, aCall, store), b: changesBefore(b, bCall, store) };
	const after = { a: withCall(before.a, row?.a ?? null, store), b: withCall(before.b, row?.b ?? null, store) };
	const earlier = new Set(differing(before.a, before.b).map(({ path }) => path));
	const later = differing(after.a, after.b).map((each): TreePathDifference => {
		return { ...each, when: earlier.has(each.path) ? "before" : "by the call" };
	});
	return { sameBase: a.header.base.treeId === b.header.base.treeId, paths: later };
}

/** Composes what a run had changed when it issued a call, rollbacks done; all that it changed, for null. */
function changesBefore(trace: Trace, call: TraceCall | null, store: Store): Changes {
	const { changesetId } = trace.header.base;
	let now: Changes = new Map();
	if (changesetId !== null) add(now, store.changesets.read(changesetId).changes);
	const savepoints = new Map<number, Changes>([[0, new Map(now)]]);
	for (const step of recordedSteps(endsOf(trace))) {
		const at = step.kind === "marker" ? step.marker.logSequence : step.call.settledSequence;
		if (call !== null && (at === null || at > call.issuedSequence)) continue;
		if (step.kind !== "marker") {
			if (step.call.changesetId !== null) add(now, store.changesets.read(step.call.changesetId).changes);
			continue;
		}
		const { depth } = step.marker.value as { readonly depth: number };
		if (step.marker.name === "savepoint") savepoints.set(depth, new Map(now));
		else now = new Map(savepoints.get(depth) ?? now);
	}
	return now;
}

function withCall(changes: Changes, call: TraceCall | null, store: Store): Changes {
	if (call === null || call.changesetId === null) return changes;
	const both = new Map(changes);
	add(both, store.changesets.read(call.changesetId).changes);
	return both;
}

function add(changes: Changes, further: readonly Change[]): void {
	for (const { path, was, now } of further) {
		const known = changes.get(path);
		changes.set(path, { was: known === undefined ? was : known.was, now });
	}
}

function differing(a: Changes, b: Changes): Pick<TreePathDifference, "path" | "a" | "b">[] {
	return [...new Set([...a.keys(), ...b.keys()])].toSorted().flatMap((path) => {
		const [left, right] = [a.get(path), b.get(path)];
		// What one side has not touched is as the other found it.
		const nodes = {
			a: left === undefined ? (right?.was ?? null) : left.now,
			b: right === undefined ? (left?.was ?? null) : right.now,
		};
		return sameNode(nodes.a, nodes.b) ? [] : [{ path, ...nodes }];
	});
}

function sameNode(a: TreeNode | null, b: TreeNode | null): boolean {
	if (a === null || b === null) return a === b;
	if (a.kind === "file" && b.kind === "file") return a.content === b.content && a.mode === b.mode;
	if (a.kind === "directory" && b.kind === "directory") return a.mode === b.mode;
	return a.kind === "symlink" && b.kind === "symlink" && a.target === b.target;
}
