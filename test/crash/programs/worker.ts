// The process under fire: `node worker.ts VERB NAME ROOT… [--without DEFENCE] [--halves] [--wait]`. A line that it prints is an acknowledgement.
import { closeSync, constants, fchmodSync, openSync, readSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { emptyAttributes, treePathToBytes } from "@retake/changeset";
import { isSystemCallError, makeDirectoryAt, openBeneath, removeDirectoryAt, unlinkAt } from "@retake/linux";
import { commitToBranch, commitToWorktree, recoverWorktree } from "@retake/txfs";
import { branchCommits } from "../ground/branch-workload.ts";
import { recordUnderPower } from "../ground/record-workload.ts";
import { buildSeries, type Series, type SeriesName } from "../ground/workloads.ts";
import { type DefenceName, goWithout, writeByHalves } from "./defences.ts";

const { positionals, values } = parseArgs({
	allowPositionals: true,
	options: { without: { type: "string" }, halves: { type: "boolean" }, wait: { type: "boolean" } },
});
const [verb, name, ...roots] = positionals;
const root = roots[0] ?? "";
// The tracer attaches meanwhile.
if (values.wait === true) {
	report({ kind: "ready" });
	readSync(0, Buffer.alloc(3));
}
if (values.without !== undefined) goWithout(values.without as DefenceName);

switch (verb) {
	case "series": {
		const { attributes, changesets, blobs } = buildSeries(name as SeriesName);
		if (values.halves === true) writeByHalves();
		for (const [index, changeset] of changesets.entries()) {
			const options = {
				root,
				changeset,
				attributes: attributes[index + 1] ?? emptyAttributes,
				times: "kept",
				blobs,
				commitId: `victim-${index}`,
				onDrift: "refuse",
				lockWaitMs: 0,
			} as const;
			// Whoever is told that one did not go through does not go on as if it had.
			if ((await answer(() => commitToWorktree(options))) !== "committed") break;
		}
		break;
	}
	case "branch":
		for (const commit of branchCommits(root)) await answer(() => commitToBranch(commit));
		break;
	case "record":
		await recordUnderPower(root, () => report({ kind: "committed" }));
		break;
	case "naive":
		commitNaively(buildSeries(name as SeriesName));
		report({ kind: "committed" });
		break;
	case "recover":
		for (const each of roots) report({ kind: "recovered", ...(await recoverWorktree(each)) });
		break;
	default:
		throw new Error(`unknown verb ${verb}`);
}

async function answer(act: () => Promise<{ readonly kind: string }>): Promise<string> {
	try {
		const outcome = await act();
		report(outcome);
		return outcome.kind;
	} catch (error) {
		report({ kind: "threw", code: (error as { code?: string }).code, message: String(error) });
		return "threw";
	}
}

function report(value: object): void {
	writeSync(1, `${JSON.stringify(value, (_key, part: unknown) => (part instanceof Error ? String(part) : part))}\n`);
}

/** The negative control: writes each file in place, one after another, as most programs do. */
function commitNaively({ changesets, blobs }: Series): void {
	const tree = openSync(root, constants.O_DIRECTORY);
	const changes = changesets.flatMap((changeset) => changeset.changes);
	for (const { path, now } of changes.toReversed()) {
		if (now !== null) continue;
		try {
			unlinkAt(tree, treePathToBytes(path));
		} catch (error) {
			if (!isSystemCallError(error, "EISDIR")) throw error;
			removeDirectoryAt(tree, treePathToBytes(path));
		}
	}
	for (const { path, now } of changes) {
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
