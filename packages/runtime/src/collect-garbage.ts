import { type Clock, RetakeError } from "@retake/base";
import { decodeHeader } from "@retake/recorder";
import type { GarbageReport, Store } from "@retake/store";
import { clearDisplaced, type Snapshots } from "@retake/txfs";
import { removableRuns } from "./removable-runs.ts";

/** What is freed besides what nothing refers to. */
export interface GarbageRequest {
	/** Only counts, and changes nothing. */
	readonly dryRun: boolean;
	/** Removes runs that ended more than so many days ago. */
	readonly olderThanDays?: number;
	/** Removes runs but for the newest so many, each with all that came of it. With `olderThanDays` both must allow it. */
	readonly keep?: number;
	/** Removes what commits found in their way and kept in `.retake/displaced`. */
	readonly displaced?: boolean;
}

/** What was freed, or would be. */
export interface CollectedGarbage extends GarbageReport {
	readonly runs: number;
	readonly snapshots: number;
	/** Layers of snapshots, half-made ones too. */
	readonly trees: number;
	/** What those layers take on disk. */
	readonly treeBytes: number;
	/** Commits whose displaced files were removed. */
	readonly displaced: number;
	readonly displacedBytes: number;
}

/** What `collectGarbage` works on. */
export interface GarbageParts {
	readonly store: Store;
	readonly snapshots: Snapshots;
	readonly workspace: string;
	readonly clock: Clock;
}

/** Removes the runs that were asked for, then the snapshots that no run started from, then the contents that nothing refers to. */
export function collectGarbage(parts: GarbageParts, request: GarbageRequest): CollectedGarbage {
	if (!request.dryRun) return collect(parts, request);
	const counted: CollectedGarbage[] = [];
	const undone = new RetakeError("INTERRUPTED", "a dry run changes nothing");
	try {
		// What a removal of runs would free is counted after it, and then the removal is undone.
		return parts.store.atomically((): never => {
			counted.push(collect(parts, request));
			throw undone;
		});
	} catch (error) {
		const [only] = counted;
		if (error === undone && only !== undefined) return only;
		throw error;
	}
}

function collect({ store, snapshots, workspace, clock }: GarbageParts, request: GarbageRequest): CollectedGarbage {
	const runs = store.atomically(() => {
		const removable = removableRuns(store.runs.list(), request, clock.now());
		for (const { runId } of removable) store.runs.remove(runId);
		return removable.length;
	});
	const kept = () => store.runs.list().map((run) => decodeHeader(run.header).base.treeId);
	const freed = snapshots.collect(kept, request);
	const displaced = request.displaced === true ? clearDisplaced(workspace, request) : { commits: 0, bytes: 0 };
	return {
		runs,
		...store.collectGarbage(request),
		snapshots: freed.snapshots,
		trees: freed.trees,
		treeBytes: freed.bytes,
		displaced: displaced.commits,
		displacedBytes: displaced.bytes,
	};
}
