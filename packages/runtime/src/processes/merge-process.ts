import {
	type AttributedChanges,
	type Blobs,
	type Change,
	type Changeset,
	compose,
	createAttributes,
	createChangeset,
	invert,
	type MergeConflict,
	mergeChangesets,
	sameNode,
} from "@retake/changeset";

/** Three states of one tree: where a process began, where the session is now, and what the process did. */
export interface ProcessMerge {
	/** From the base to the tree on which the process was started. */
	readonly began: Changeset;
	/** From the base to the tree that the session has now. */
	readonly present: Changeset;
	/** What the process did to the tree on which it was started. */
	readonly wrote: AttributedChanges;
	readonly blobs: Blobs;
}

/** What is to be done to the session's tree, and where it stays as it is. */
export interface MergedProcess extends AttributedChanges {
	readonly conflicts: readonly MergeConflict[];
}

/** Merges what a process wrote with what the session did meanwhile. Where they disagree the session's tree stays as it is. */
export function mergeProcess({ began, present, wrote, blobs }: ProcessMerge): MergedProcess {
	const meanwhile = compose(invert(began), present);
	const { merged, conflicts } = mergeChangesets({ changesets: [meanwhile, wrote.changeset], blobs });
	const done = new Map(meanwhile.changes.map((change) => [change.path, change.now]));
	const changes = merged.changes.flatMap(({ path, was, now }): Change[] => {
		const there = done.has(path) ? (done.get(path) ?? null) : was;
		return sameNode(there, now) ? [] : [{ path, was: there, now }];
	});
	// A file that was merged line by line is nobody's: what is known of the process's is not known of it.
	const own = new Map(wrote.changeset.changes.map((change) => [change.path, change.now]));
	const taken = new Set(
		changes.filter(({ path, now }) => sameNode(own.get(path) ?? null, now)).map(({ path }) => path),
	);
	return {
		changeset: createChangeset(changes),
		attributes: createAttributes(wrote.attributes.entries.filter(({ path }) => taken.has(path))),
		conflicts,
	};
}
