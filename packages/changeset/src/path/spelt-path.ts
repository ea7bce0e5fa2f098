import { Buffer } from "node:buffer";
import { RetakeError } from "@retake/base";
import { readQuotedName, writeName } from "../patch/quoted-name.ts";
import type { TreePath } from "../tree-path.ts";
import { treePath, treePathFromBytes, treePathToBytes } from "./tree-path-text.ts";

/**
 * Spells a path as well-formed text, for JSON and for people: as it is, but in git's C-style quotes where it holds bytes that are
 * not UTF-8 or begins with a quote itself. Different paths have different spellings.
 */
export function spellPath(path: TreePath): string {
	if (path.isWellFormed() && !path.startsWith('"')) return path;
	// Quoted even where plain ASCII would need none, so that a leading quote always means quotes.
	const quoted = writeName(Buffer.from(treePathToBytes(path)).toString("latin1"));
	return quoted.startsWith('"') ? quoted : `"${quoted}"`;
}

/** Reads what `spellPath` spelled. Throws `PATH_REFUSED` as `treePath` does, and for quotes that do not close. */
export function readSpeltPath(text: string): TreePath {
	if (!text.startsWith('"')) return treePath(text);
	const quoted = readQuotedName(text);
	if (quoted === null || quoted.rest !== "" || /[^\0-\xff]/.test(quoted.name)) {
		throw new RetakeError("PATH_REFUSED", `the path ${text} begins with a quote but is not a quoted name`, {
			data: { path: text },
			remedy: 'write it as git does: in double quotes, with \\" for a quote and \\351 for a byte',
		});
	}
	return treePathFromBytes(Buffer.from(quoted.name, "latin1"));
}
