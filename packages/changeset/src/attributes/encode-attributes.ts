import { RetakeError } from "@retake/base";
import { encodeCanonical } from "../canonical/encode-canonical.ts";
import type { CanonicalValue } from "../canonical-value.ts";
import { rawTextToBytes } from "../path/raw-text.ts";
import { treePathToBytes } from "../path/tree-path-text.ts";
import type { PathAttributes, TreeAttributes } from "./tree-attributes.ts";

/** The first field of all encoded attributes. */
export const attributesVersion = 1;

/** Nanoseconds in a second. */
export const nanosecondsPerSecond = 1_000_000_000n;

/**
 * Encodes attributes canonically as `[1, [[path, seconds, nanoseconds, xattrs, extents, group], …]]`: paths and names as
 * bytes, `xattrs` as `[[name, value], …]`, `extents` as `[offset, length, offset, length, …]` or null. Equal attributes
 * give equal bytes.
 */
export function encodeAttributes({ entries }: TreeAttributes): Uint8Array {
	return encodeCanonical([attributesVersion, entries.map(encodeEntry)]);
}

function encodeEntry({ path, mtimeNs, xattrs, extents, linkGroup }: PathAttributes): CanonicalValue {
	const nanoseconds = ((mtimeNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
	return [
		treePathToBytes(path),
		Number((mtimeNs - nanoseconds) / nanosecondsPerSecond),
		Number(nanoseconds),
		xattrs.map(({ name, value }) => [nameToBytes(name), value]),
		extents === null ? null : extents.flatMap(({ offset, length }) => [offset, length]),
		linkGroup,
	];
}

function nameToBytes(name: string): Uint8Array {
	const bytes = rawTextToBytes(name);
	if (bytes !== null) return bytes;
	throw new RetakeError("NOT_SERIALISABLE", "the name of an extended attribute spells no bytes", {
		sort: "misuse",
		data: { name },
		remedy: "read the names of attributes as bytes and turn them into text with rawTextFromBytes",
	});
}
