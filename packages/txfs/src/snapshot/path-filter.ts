import { type TreePath, treePathToBytes } from "@retake/changeset";
import picomatch from "picomatch";

/** Which paths of a directory are no part of its snapshots. */
export interface PathPatterns {
	/** Globs of what is left out, with everything in it. One without a slash matches a name at any depth. */
	readonly exclude?: readonly string[];
	/** Globs of what is kept although `exclude` matches it. Nothing is kept in a directory that is left out itself. */
	readonly include?: readonly string[];
}

/** Decides by globs which paths are left out. */
export class PathFilter {
	/** Tells filters apart that leave out different paths; empty where nothing is left out. */
	readonly key: string;
	readonly #isExcluded: (path: string) => boolean;
	readonly #isIncluded: (path: string) => boolean;

	constructor({ exclude = [], include = [] }: PathPatterns) {
		this.key = exclude.length === 0 ? "" : JSON.stringify({ exclude: exclude.toSorted(), include: include.toSorted() });
		this.#isExcluded = matcherOf(exclude);
		this.#isIncluded = matcherOf(include);
	}

	excludes(path: TreePath): boolean {
		return this.key !== "" && this.#isExcluded(readable(path)) && !this.#isIncluded(readable(path));
	}
}

function matcherOf(patterns: readonly string[]): (path: string) => boolean {
	if (patterns.length === 0) return () => false;
	// A leading "./" or "/" means the workspace's root, a trailing "/" a directory; neither is part of a path.
	const anchored = patterns.map((pattern) => {
		const plain = pattern.replace(/^\.?\//, "").replace(/\/+$/, "");
		return plain === pattern.replace(/\/+$/, "") && !plain.includes("/") ? `**/${plain}` : plain;
	});
	return picomatch(anchored, { dot: true });
}

/** A name that is not UTF-8 is matched as people see it, with U+FFFD for what cannot be shown. */
function readable(path: TreePath): string {
	return path.isWellFormed() ? path : Buffer.from(treePathToBytes(path)).toString("utf8");
}
