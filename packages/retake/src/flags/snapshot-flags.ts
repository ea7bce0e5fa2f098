import type { Command } from "commander";
import { collect } from "./collect.ts";

/** The options of verbs that take a snapshot of the workspace. */
export interface SnapshotFlags {
	readonly exclude?: readonly string[];
	readonly include?: readonly string[];
}

/** Adds the options of verbs that take a snapshot of the workspace. */
export function addSnapshotFlags(command: Command): Command {
	return command
		.option("--exclude <glob>", "leave paths of the workspace out of the base; may be repeated", collect)
		.option("--include <glob>", "keep paths that --exclude matches; may be repeated", collect);
}
