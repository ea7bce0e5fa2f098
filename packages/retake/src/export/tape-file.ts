import type { Clock } from "@retake/base";
import { type CopiedRun, copyRun } from "@retake/recorder";
import { openTapeFile, type RunRecord, type Store } from "@retake/store";

/** Writes runs with all that they refer to into one new file. Throws `USAGE` where it is there already. */
export function writeTapeFile(path: string, runs: readonly RunRecord[], store: Store, clock: Clock): void {
	using file = openTapeFile(path, { clock, mode: "create" });
	for (const run of runs) copyRun(store, file, run);
}

/** A run of a tape file, and whether it was new. */
export interface ImportedRun {
	readonly run: RunRecord;
	readonly outcome: CopiedRun;
}

/** Takes every run of a tape file in, all or none, each checked to the last byte on the way. Throws as `copyRun` does. */
export function readTapeFile(path: string, store: Store, clock: Clock): readonly ImportedRun[] {
	using file = openTapeFile(path, { clock, mode: "read" });
	const runs = file.runs.list().toReversed();
	return store.atomically(() => runs.map((run) => ({ run, outcome: copyRun(file, store, run) })));
}
