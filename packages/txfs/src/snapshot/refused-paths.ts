import { RetakeError } from "@retake/base";
import { printablePath, type TreePath } from "@retake/changeset";

/** Paths that an error names in its data; there may be more, which it counts. */
export const refusedPathsMax = 1_000;

/** Paths that the text of an error names. */
const shownPathsMax = 10;

/** Gathers paths for one error: as many as `refusedPathsMax`, and the count of all. */
export class RefusedPaths {
	readonly paths: TreePath[] = [];
	#count = 0;

	get count(): number {
		return this.#count;
	}

	add(path: TreePath): void {
		this.#count++;
		if (this.paths.length < refusedPathsMax) this.paths.push(path);
	}

	/** Lists the first paths and counts the others, for people. */
	get text(): string {
		const shown = this.paths.slice(0, shownPathsMax).map(printablePath).join(", ");
		return this.#count > shownPathsMax ? `${shown} and ${this.#count - shownPathsMax} more` : shown;
	}
}

/** Makes the error for paths that this process may not read; none where that is the root of the tree itself. */
export function unreadable(refused: RefusedPaths): RetakeError {
	const what = refused.count === 0 ? "the directory" : refused.text;
	return new RetakeError("TREE_REFUSED", `${what} cannot be read`, {
		data: { paths: refused.paths, count: refused.count },
		remedy: "give this user the right to read them, remove them, or leave them out with --exclude",
	});
}

/** Makes the error for what a snapshot cannot hold. */
export function holdsForeign(refused: RefusedPaths): RetakeError {
	return new RetakeError("TREE_REFUSED", `the directory holds fifos, sockets or devices: ${refused.text}`, {
		data: { paths: refused.paths, count: refused.count },
		remedy:
			"remove them or leave them out with --exclude: a snapshot holds files, directories and symbolic links alone",
	});
}

/** Makes the error for a tree that did not hold still. */
export function treeChanged(refused: RefusedPaths, passes: number): RetakeError {
	return new RetakeError(
		"TREE_CHANGED",
		`the workspace was being written: ${refused.text} changed in each of ${passes} readings`,
		{
			data: { paths: refused.paths, count: refused.count, passes },
			remedy: "stop what writes there, leave it out with --exclude, or take a commit as the base",
		},
	);
}
