import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { gcDocument } from "../json/gc-document.ts";
import { openRecords } from "../open-workspace.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import type { Verb } from "../verb.ts";

interface GcFlags extends WorkspaceFlags {
	readonly dryRun?: boolean;
}

/** Makes `retake gc`: frees what no run refers to. */
export const gcVerb: Verb = (host) => {
	const command = new Command("gc")
		.summary("free what no run refers to")
		.description("Frees snapshots, layers and file contents that no run refers to. Runs are never removed.")
		.option("--dry-run", "only say what would be freed");
	addWorkspaceFlags(command);
	return command.action((flags: GcFlags) =>
		host.run(flags, gcDocument, async ({ edges }) => {
			const dryRun = flags.dryRun === true;
			await using runtime = await openRecords(edges, flags);
			const { blobs, bytes, changesets, trees, treeBytes } = await runtime.collectGarbage({ dryRun });
			const what = `${formatCount(trees, "tree")} (${formatBytes(treeBytes)}), ${formatCount(blobs, "blob")} (${formatBytes(bytes)}), ${formatCount(changesets, "changeset")}`;
			return {
				exitCode: exitCodes.done,
				document: { dryRun, blobs, bytes, changesets, trees, treeBytes },
				lines: [`${dryRun ? "would free" : "freed"} ${what}`],
			};
		}),
	);
};
