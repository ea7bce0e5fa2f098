import { RetakeError } from "@retake/base";
import { decodeCanonical } from "../canonical/decode-canonical.ts";
import type { CanonicalValue } from "../canonical-value.ts";
import type { Change, Changeset } from "../changeset.ts";
import { emptyChangeset } from "../create-changeset.ts";
import { comparePaths } from "../path/compare-paths.ts";
import { treePathFromBytes } from "../path/tree-path-text.ts";
import { sameNode } from "../tree/same-node.ts";
import { changesetVersion } from "./encode-changeset.ts";
import { decodeNode } from "./node-codec.ts";

/**
 * Decodes what `encodeChangeset` made. Throws `ENCODING_INVALID` for any other bytes: another shape or version, paths out
 * of order or given twice, a change that changes nothing; and `PATH_REFUSED` for a path that is not clean.
 */
export function decodeChangeset(bytes: Uint8Array): Changeset {
	const decoded = decodeCanonical(bytes);
	if (!Array.isArray(decoded) || decoded.length !== 2) throw invalid("it is not a changeset");
	const [version, list]: readonly (CanonicalValue | undefined)[] = decoded;
	if (version !== changesetVersion) throw invalid(`its version is not ${changesetVersion}`);
	if (!Array.isArray(list)) throw invalid("it has no list of changes");
	const changes = list.map(decodeChange);
	for (const [index, change] of changes.entries()) {
		const previous = changes[index - 1];
		if (previous !== undefined && comparePaths(previous.path, change.path) >= 0)
			throw invalid("its paths are not in order");
	}
	return changes.length === 0 ? emptyChangeset : { kind: "changeset", changes };
}

function decodeChange(value: CanonicalValue): Change {
	if (!Array.isArray(value) || value.length !== 3) throw invalid("it holds something that is not a change");
	const [path, was, now]: readonly (CanonicalValue | undefined)[] = value;
	if (!(path instanceof Uint8Array)) throw invalid("a path is not bytes");
	const change = { path: treePathFromBytes(path), was: decodeNode(was), now: decodeNode(now) };
	if (sameNode(change.was, change.now)) throw invalid("a change changes nothing");
	return change;
}

function invalid(reason: string): RetakeError {
	return new RetakeError("ENCODING_INVALID", `the changeset cannot be decoded: ${reason}`);
}
