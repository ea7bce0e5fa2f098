import { join } from "node:path";
import { measureTree } from "../disk/measure-tree.ts";
import { readDirectory } from "../disk/read-directory.ts";
import { removeTreeAt } from "../disk/remove-tree.ts";
import { openDirectoryIn, openStateDirectory } from "./state-directory.ts";
import { openWorktreeRoot } from "./worktree-root.ts";

/** Removes what commits to a working tree found in their way and kept in `.retake/displaced`, or only counts it: for nobody but a user who asks. */
export function clearDisplaced(
	workspace: string,
	{ dryRun }: { readonly dryRun: boolean },
): { readonly commits: number; readonly bytes: number } {
	const cleared = { commits: 0, bytes: 0 };
	using root = openWorktreeRoot(workspace);
	using state = openStateDirectory(root);
	using displaced = state === null ? null : openDirectoryIn(state.descriptor, "displaced");
	if (displaced === null) return cleared;
	for (const { name } of readDirectory(displaced.descriptor)) {
		cleared.commits++;
		cleared.bytes += measureTree(join(displaced.path, name.toString()));
		if (!dryRun) removeTreeAt(displaced.descriptor, name);
	}
	return cleared;
}
