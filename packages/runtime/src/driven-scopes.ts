import type { RunIndex } from "@retake/recorder";

/** From where to where in the log something went on. */
interface Span {
	firstIssued: number;
	endsAt: number;
}

/** A scope of a record, with those that were opened in it. */
export interface DrivenScope extends Span {
	readonly path: string;
	/** Branches of parallel groups, by the group's number and their ordinal there; those without calls are left out. */
	readonly groups: Map<number, DrivenScope[]>;
	/** Named scopes, by name and ordinal. */
	readonly named: Map<string, DrivenScope[]>;
}

/** Gathers the scopes of a record as a tree, that of the run at its root. */
export function scopesOf(index: RunIndex): DrivenScope {
	const root = emptyScope("/");
	for (const path of index.calls.scopes) {
		const span = spanOf(path, index);
		let scope = root;
		extend(scope, span);
		for (const segment of segmentsOf(path)) {
			scope = childOf(scope, segment);
			extend(scope, span);
		}
	}
	return root;
}

type Segment =
	| { readonly group: number; readonly ordinal: number }
	| { readonly name: string; readonly ordinal: number };

function segmentsOf(path: string): Segment[] {
	return [...path.matchAll(/\/(?:(\d+)\/(\d+)|([a-z][\w-]*):(\d+))(?=\/|$)/g)].map(
		([, group = "", branch, name, ordinal]): Segment =>
			name === undefined ? { group: Number(group), ordinal: Number(branch) } : { name, ordinal: Number(ordinal) },
	);
}

function childOf(scope: DrivenScope, segment: Segment): DrivenScope {
	const base = scope.path === "/" ? "" : scope.path;
	const siblings = "name" in segment ? listOf(scope.named, segment.name) : listOf(scope.groups, segment.group);
	while (siblings.length <= segment.ordinal) {
		const { length } = siblings;
		siblings.push(
			emptyScope("name" in segment ? `${base}/${segment.name}:${length}` : `${base}/${segment.group}/${length}`),
		);
	}
	return siblings[segment.ordinal] as DrivenScope;
}

function listOf<Key>(lists: Map<Key, DrivenScope[]>, key: Key): DrivenScope[] {
	const list = lists.get(key) ?? [];
	lists.set(key, list);
	return list;
}

function emptyScope(path: string): DrivenScope {
	return { path, groups: new Map(), named: new Map(), firstIssued: Infinity, endsAt: -1 };
}

function spanOf(path: string, { calls }: RunIndex): Span {
	const span = { firstIssued: Infinity, endsAt: -1 };
	for (const ordinal of calls.ofScope(path)) {
		extend(span, { firstIssued: calls.issuedAt(ordinal), endsAt: calls.endedAt(ordinal) ?? Infinity });
	}
	return span;
}

function extend(span: Span, { firstIssued, endsAt }: Span): void {
	span.firstIssued = Math.min(span.firstIssued, firstIssued);
	span.endsAt = Math.max(span.endsAt, endsAt);
}
