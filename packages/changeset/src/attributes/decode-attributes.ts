import { Buffer } from "node:buffer";
import { RetakeError } from "@retake/base";
import { decodeCanonical } from "../canonical/decode-canonical.ts";
import type { CanonicalValue } from "../canonical-value.ts";
import { comparePaths } from "../path/compare-paths.ts";
import { rawTextFromBytes } from "../path/raw-text.ts";
import { treePathFromBytes } from "../path/tree-path-text.ts";
import { createAttributes, emptyAttributes } from "./create-attributes.ts";
import { attributesVersion, nanosecondsPerSecond } from "./encode-attributes.ts";
import { isKeptAttribute } from "./kept-attribute.ts";
import type { DataExtent, ExtendedAttribute, PathAttributes, TreeAttributes } from "./tree-attributes.ts";

/**
 * Decodes what `encodeAttributes` made. Throws `ENCODING_INVALID` for any other bytes: another shape or version, entries,
 * names or extents out of order, an attribute of a namespace that is not kept, groups numbered otherwise; and
 * `PATH_REFUSED` for a path that is not clean.
 */
export function decodeAttributes(bytes: Uint8Array): TreeAttributes {
	const decoded = decodeCanonical(bytes);
	if (!Array.isArray(decoded) || decoded.length !== 2) throw invalid("they are no attributes");
	const [version, list]: readonly (CanonicalValue | undefined)[] = decoded;
	if (version !== attributesVersion) throw invalid(`their version is not ${attributesVersion}`);
	if (!Array.isArray(list)) throw invalid("they have no list of entries");
	const entries = list.map(decodeEntry);
	for (const [index, entry] of entries.entries()) {
		const previous = entries[index - 1];
		if (previous !== undefined && comparePaths(previous.path, entry.path) >= 0)
			throw invalid("their paths are not in order");
	}
	const attributes = entries.length === 0 ? emptyAttributes : createAttributes(entries);
	if (attributes.entries.some(({ linkGroup }, index) => linkGroup !== entries[index]?.linkGroup))
		throw invalid("their groups of hard links are numbered otherwise");
	return attributes;
}

function decodeEntry(value: CanonicalValue): PathAttributes {
	if (!Array.isArray(value) || value.length !== 6) throw invalid("they hold something that is no entry");
	const [path, seconds, nanoseconds, xattrs, extents, linkGroup]: readonly (CanonicalValue | undefined)[] = value;
	if (!(path instanceof Uint8Array)) throw invalid("a path is not bytes");
	if (!isInteger(seconds) || !isCount(nanoseconds) || nanoseconds >= nanosecondsPerSecond)
		throw invalid("a time is not one of seconds and nanoseconds");
	if (linkGroup !== null && !isCount(linkGroup)) throw invalid("a group is not a number");
	return {
		path: treePathFromBytes(path),
		mtimeNs: BigInt(seconds) * nanosecondsPerSecond + BigInt(nanoseconds),
		xattrs: decodeXattrs(xattrs),
		extents: decodeExtents(extents),
		linkGroup,
	};
}

function decodeXattrs(value: CanonicalValue | undefined): readonly ExtendedAttribute[] {
	if (!Array.isArray(value)) throw invalid("a list of extended attributes is missing");
	let previous: Uint8Array | null = null;
	return value.map((pair: CanonicalValue) => {
		const [name, content]: readonly (CanonicalValue | undefined)[] = Array.isArray(pair) ? pair : [];
		if (!(name instanceof Uint8Array) || !(content instanceof Uint8Array))
			throw invalid("an extended attribute is not two pieces of bytes");
		if (previous !== null && Buffer.compare(previous, name) >= 0) throw invalid("extended attributes are not in order");
		previous = name;
		const text = rawTextFromBytes(name);
		if (name.includes(0) || !isKeptAttribute(text)) throw invalid("an extended attribute is of another namespace");
		return { name: text, value: content };
	});
}

function decodeExtents(value: CanonicalValue | undefined): readonly DataExtent[] | null {
	if (value === null) return null;
	if (!Array.isArray(value) || value.length % 2 !== 0) throw invalid("the extents of a file are not pairs");
	const extents: DataExtent[] = [];
	let end = -1;
	for (let index = 0; index < value.length; index += 2) {
		const [offset, length]: readonly (CanonicalValue | undefined)[] = value.slice(index, index + 2);
		if (!isCount(offset) || !isCount(length) || length === 0 || offset <= end)
			throw invalid("the extents of a file are not in order");
		end = offset + length;
		extents.push({ offset, length });
	}
	return extents;
}

function isInteger(value: CanonicalValue | undefined): value is number {
	return typeof value === "number" && Number.isSafeInteger(value);
}

function isCount(value: CanonicalValue | undefined): value is number {
	return isInteger(value) && value >= 0;
}

function invalid(reason: string): RetakeError {
	return new RetakeError("ENCODING_INVALID", `the attributes cannot be decoded: ${reason}`);
}
