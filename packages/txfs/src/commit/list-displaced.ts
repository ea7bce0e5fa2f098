import { rawTextFromBytes } from "@retake/changeset";
import { readDirectory } from "../disk/read-directory.ts";
import { openDirectoryIn, openStateDirectory } from "./state-directory.ts";
import { openWorktreeRoot } from "./worktree-root.ts";

/** What one commit found in its way and kept. */
export interface DisplacedByCommit {
	readonly commitId: string;
	/** Where it is kept, relative to the workspace, in no particular order. */
	readonly keptAt: readonly string[];
}

/** Lists what commits to a working tree found in their way and kept in `.retake/displaced`, by commit. Touches nothing. */
export function listDisplaced(workspace: string): readonly DisplacedByCommit[] {
	using root = openWorktreeRoot(workspace);
	using state = openStateDirectory(root);
	using displaced = state === null ? null : openDirectoryIn(state.descriptor, "displaced");
	if (displaced === null) return [];
	return readDirectory(displaced.descriptor).map((commit) => {
		const commitId = rawTextFromBytes(commit.name);
		using own = openDirectoryIn(displaced.descriptor, commitId);
		const names = own === null ? [] : readDirectory(own.descriptor).map(({ name }) => rawTextFromBytes(name));
		return { commitId, keptAt: names.map((name) => `.retake/displaced/${commitId}/${name}`) };
	});
}
