// The process under fire: `node worker.ts commit|series|naive|recover WORKLOAD ROOT…`. A line that it prints is an acknowledgement.
import { closeSync, constants, fchmodSync, openSync, writeSync } from "node:fs";
import { treePathToBytes } from "@retake/changeset";
import { isSystemCallError, makeDirectoryAt, openBeneath, removeDirectoryAt, unlinkAt } from "@retake/linux";
import { commitToWorktree, recoverWorktree } from "@retake/txfs";
import { buildSeries, buildWorkload, type SeriesName, type Workload, type WorkloadName } from "./workloads.ts";

const [verb, name, ...roots] = process.argv.slice(2);
const root = roots[0] ?? "";

switch (verb) {
	case "commit": {
		const { changeset, blobs } = buildWorkload(name as WorkloadName);
		try {
			const options = { root, changeset, blobs, commitId: "victim", onDrift: "refuse", lockWaitMs: 0 } as const;
			report(await commitToWorktree(options));
		} catch (error) {
			report({ kind: "threw", code: (error as { code?: string }).code, message: String(error) });
		}
		break;
	}
	case "series": {
		const { changesets, blobs } = buildSeries(name as SeriesName);
		for (const [index, changeset] of changesets.entries()) {
			report(await commitToWorktree({ root, changeset, blobs, commitId: `victim-${index}`, onDrift: "refuse" }));
		}
		break;
	}
	case "naive":
		commitNaively(buildWorkload(name as WorkloadName));
		report({ kind: "committed" });
		break;
	case "recover":
		for (const each of roots) report(await recoverWorktree(each));
		break;
	default:
		throw new Error(`unknown verb ${verb}`);
}

function report(value: object): void {
	writeSync(1, `${JSON.stringify(value, (_key, part: unknown) => (part instanceof Error ? String(part) : part))}\n`);
}

/** The negative control: writes each file in place, one after another, as most programs do. */
function commitNaively({ changeset, blobs }: Workload): void {
	const tree = openSync(root, constants.O_DIRECTORY);
	for (const { path, now } of changeset.changes.toReversed()) {
		if (now !== null) continue;
		try {
			unlinkAt(tree, treePathToBytes(path));
		} catch (error) {
			if (!isSystemCallError(error, "EISDIR")) throw error;
			removeDirectoryAt(tree, treePathToBytes(path));
		}
	}
	for (const { path, now } of changeset.changes) {
		if (now?.kind === "directory") makeDirectoryAt(tree, treePathToBytes(path), now.mode);
		if (now?.kind !== "file") continue;
		const flags = constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY;
		const file = openBeneath(tree, treePathToBytes(path), flags, now.mode);
		const bytes = blobs.read(now.content);
		writeSync(file, bytes, 0, bytes.length, 0);
		fchmodSync(file, now.mode);
		closeSync(file);
	}
}
