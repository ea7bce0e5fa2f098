import type { Command } from "commander";

/** The options that say where things are. */
export interface StateFlags {
	readonly workspace?: string;
	readonly store?: string;
}

/** The options that every verb has whose standard output is its own. */
export interface WorkspaceFlags extends StateFlags {
	readonly json?: boolean;
}

/** Adds the options that say where things are: all that a verb has whose standard output belongs to a protocol. */
export function addStateFlags(command: Command): Command {
	return command
		.option("--workspace <directory>", "the workspace (default: the repository that holds this directory)")
		.option("--store <directory>", "where runs are kept (default: .retake in the workspace)");
}

/** Adds the options that every verb has whose standard output is its own. */
export function addWorkspaceFlags(command: Command): Command {
	return addStateFlags(command).option("--json", "print one JSON document and nothing else");
}
