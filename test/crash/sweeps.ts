import type { Sweep } from "./sweep.ts";
import { concurrentWriters, writersControl } from "./sweeps/concurrent-writers.ts";
import { editControl, editOutside } from "./sweeps/edit-outside.ts";
import { controlFault, injectFault } from "./sweeps/inject-faults.ts";
import { killBranch } from "./sweeps/kill-branch.ts";
import { killCommit, killNaive } from "./sweeps/kill-commit.ts";
import { killRecovery } from "./sweeps/kill-recovery.ts";
import { powerControl, powerCut } from "./sweeps/power-cut.ts";
import { randomKills } from "./sweeps/random-kills.ts";
import { randomRecordKills } from "./sweeps/random-record-kills.ts";

const series = ["files", "types", "deep", "several", "attributes"] as const;
const fileSystems = ["ext4", "xfs"] as const;
const faults = ["EIO", "ENOSPC", "EDQUOT", "short"] as const;

/** Every sweep, in the order of their promises. */
export const sweeps: readonly Sweep[] = [
	killCommit("files", 6),
	killCommit("types", 10),
	killCommit("deep", 8),
	killCommit("several", 10),
	killCommit("attributes", 8),
	killBranch,
	killNaive,
	killRecovery("types", 8),
	killRecovery("deep", 5),
	killRecovery("attributes", 4),
	killRecovery("files", 0),
	...fileSystems.flatMap((fileSystem) => [
		...series.map((name) => powerCut({ during: "commits", series: name, fileSystem }, name === "several" ? 6 : 3)),
		powerCut({ during: "commits", series: "branch", fileSystem }, 4),
		powerCut({ during: "recovery", series: "types", fileSystem }, 3),
		powerControl("several", fileSystem, 6),
		powerCut({ during: "commits", series: "record", fileSystem }, 4),
		powerControl("record", fileSystem, 6),
	]),
	...faults.flatMap((fault) => [
		injectFault(fault, "types", 6),
		injectFault(fault, "deep", 4),
		injectFault(fault, "attributes", 4),
	]),
	injectFault("EIO", "files", 0),
	controlFault("EIO", 12),
	controlFault("short", 12),
	randomKills,
	randomRecordKills,
	concurrentWriters("tree", 10_000, 160),
	concurrentWriters("branch", 10_000, 64),
	writersControl,
	editOutside,
	editControl,
];
