import type { Command } from "commander";

/** The options that every verb has. */
export interface WorkspaceFlags {
	readonly workspace?: string;
	readonly store?: string;
	readonly json?: boolean;
}

/** Adds the options that every verb has. */
export function addWorkspaceFlags(command: Command): Command {
	return command
		.option("--workspace <directory>", "the workspace (default: the repository that holds this directory)")
		.option("--store <directory>", "where runs are kept (default: .retake in the workspace)")
		.option("--json", "print one JSON document and nothing else");
}
