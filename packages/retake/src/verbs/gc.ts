import type { CollectedGarbage } from "@retake/runtime";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { wholeNumber } from "../flags/positive-number.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { gcDocument } from "../json/gc-document.ts";
import { openRecords } from "../open-workspace.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import type { Verb } from "../verb.ts";

interface GcFlags extends WorkspaceFlags {
	readonly dryRun?: boolean;
	readonly olderThan?: number;
	readonly keep?: number;
	readonly displaced?: boolean;
}

const examples = `
Examples:
  retake gc --dry-run
  retake gc --older-than 30 --keep 10

A run stays while it is open, and while a run that came from it stays.`;

/** Makes `retake gc`: frees what no run refers to, and old runs where asked. */
export const gcVerb: Verb = (host) => {
	const command = new Command("gc")
		.summary("free what no run refers to")
		.description(
			"Frees snapshots, layers and file contents that no run refers to and no other process uses. Runs are removed only where asked.",
		)
		.option("--dry-run", "only say what would be freed")
		.option("--older-than <days>", "remove runs that ended longer ago than that", wholeNumber)
		.option("--keep <count>", "remove runs but for the newest so many, with all that came of these", wholeNumber)
		.option("--displaced", "remove what commits found in their way and kept in .retake/displaced");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((flags: GcFlags) =>
		host.run(flags, gcDocument, async ({ edges }) => {
			const dryRun = flags.dryRun === true;
			await using runtime = await openRecords(edges, flags);
			const collected = await runtime.collectGarbage({
				dryRun,
				...(flags.olderThan === undefined ? {} : { olderThanDays: flags.olderThan }),
				...(flags.keep === undefined ? {} : { keep: flags.keep }),
				displaced: flags.displaced === true,
			});
			return { exitCode: exitCodes.done, document: { dryRun, ...collected }, lines: describe(collected, dryRun) };
		}),
	);
};

function describe(collected: CollectedGarbage, dryRun: boolean): string[] {
	const { runs, snapshots, trees, treeBytes, blobs, bytesOnDisk, changesets, displaced, displacedBytes } = collected;
	const removed = [
		...(runs > 0 ? [formatCount(runs, "run")] : []),
		`${formatCount(snapshots, "snapshot")} in ${formatCount(trees, "tree")} (${formatBytes(treeBytes)})`,
		`${formatCount(blobs, "blob")} (${formatBytes(bytesOnDisk)})`,
		formatCount(changesets, "changeset"),
		...(displaced > 0 ? [`what ${formatCount(displaced, "commit")} displaced (${formatBytes(displacedBytes)})`] : []),
	];
	return [`${dryRun ? "would free" : "freed"} ${removed.join(", ")}`];
}
