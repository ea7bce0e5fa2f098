import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, RetakeError } from "@retake/base";
import { type CopiedRun, copyRun, verifyChain } from "@retake/recorder";
import { openTapeFile, type RunRecord, type Store } from "@retake/store";

/** Writes runs with all that they refer to into one new file, which appears whole or not at all. Throws `USAGE` where it is there already. */
export function writeTapeFile(path: string, runs: readonly RunRecord[], store: Store, clock: Clock): void {
	if (existsSync(path)) {
		throw new RetakeError("USAGE", `${path} is there already`, {
			sort: "misuse",
			data: { path },
			remedy: "name another file, or remove that one",
		});
	}
	const partial = `${path}.partial`;
	rmSync(partial, { force: true });
	try {
		{
			using file = openTapeFile(partial, { clock, mode: "create" });
			for (const run of runs) copyRun(store, file, run);
		}
		flush(partial);
		renameSync(partial, path);
		flush(dirname(path));
	} finally {
		rmSync(partial, { force: true });
		rmSync(`${partial}-journal`, { force: true });
	}
}

/** A run of a tape file, and whether it was new. */
export interface ImportedRun {
	readonly run: RunRecord;
	readonly outcome: CopiedRun;
}

/** Takes every run of a tape file in, each checked to the last byte before any of it counts. Throws as `copyRun` and `verifyChain` do. */
export function readTapeFile(path: string, store: Store, clock: Clock): readonly ImportedRun[] {
	using file = openTapeFile(path, { clock, mode: "read" });
	const runs = file.runs.list().toReversed();
	return store.atomically(() =>
		runs.map((run) => {
			verifyChain(file, run.runId);
			return { run, outcome: copyRun(file, store, run) };
		}),
	);
}

function flush(path: string): void {
	const descriptor = openSync(path, "r");
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
