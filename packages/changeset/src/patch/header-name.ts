import { Buffer } from "node:buffer";
import { treePathFromBytes } from "../path/tree-path-text.ts";
import type { TreePath } from "../tree-path.ts";
import { invalidPatch } from "./patch-error.ts";
import { readQuotedName } from "./quoted-name.ts";

/** The prefixes that git puts before old and new names: its default, and those of `diff.mnemonicPrefix`. */
const prefixPairs = ["ab", "iw", "ci", "cw", "ow", "12"] as const;

/** Names longer than this, in bytes, are refused: twice what Linux takes. */
const patchNameBytesMax = 8192;

/** How many leading components a git header's names carry that are no part of the path: 1 for `a/x b/x`, 0 without prefixes. */
export function stripOfGitHeader(names: string): 0 | 1 {
	const isPrefixed = (old: string, now: string): boolean =>
		(names.startsWith(`${old}/`) || names.startsWith(`"${old}/`)) &&
		(names.includes(` ${now}/`) || names.includes(` "${now}/`));
	const found = prefixPairs.some(
		(pair) => isPrefixed(pair.charAt(0), pair.charAt(1)) || isPrefixed(pair.charAt(1), pair.charAt(0)),
	);
	return found ? 1 : 0;
}

/** Reads a name up to its end or a tab. Returns null for `/dev/null`. */
export function readHeaderName(text: string, line: number): string | null {
	if (text.startsWith('"')) {
		const quoted = readQuotedName(text);
		if (quoted === null) throw invalidPatch(line, "the quoted name does not end, or has an unknown escape");
		return quoted.name;
	}
	const tab = text.indexOf("\t");
	const name = tab === -1 ? text : text.slice(0, tab);
	if (name === "") throw invalidPatch(line, "the name is empty");
	return name === "/dev/null" ? null : name;
}

/** Takes leading components off a name and checks it as a path. Throws `PATH_REFUSED` as `treePath` does. */
export function pathOfName(name: string, strip: 0 | 1, line: number): TreePath {
	if (name.length > patchNameBytesMax) throw invalidPatch(line, `the name is longer than ${patchNameBytesMax} bytes`);
	const slash = strip === 1 ? name.indexOf("/") : -1;
	if (strip === 1 && slash === -1) throw invalidPatch(line, "the name lacks its a/ or b/ prefix");
	return treePathFromBytes(Buffer.from(name.slice(slash + 1), "latin1"));
}

/**
 * Reads the one path that both names of a `diff --git` line spell: only that of a file which is not moved can be read from
 * there. Returns null where the two differ.
 */
export function pathOfGitHeader(names: string, strip: 0 | 1, line: number): TreePath | null {
	const halves = names.startsWith('"') ? quotedHalves(names) : plainHalves(names);
	if (halves === null) return null;
	const [old, now] = halves.map((name) => pathOfName(name, strip, line));
	return old === now && old !== undefined ? old : null;
}

function quotedHalves(names: string): [string, string] | null {
	const old = readQuotedName(names);
	const now = old === null ? null : readQuotedName(old.rest.slice(1));
	return old !== null && now !== null && old.rest.startsWith(" ") && now.rest === "" ? [old.name, now.name] : null;
}

// Names may hold spaces, but two names of one file are equally long.
function plainHalves(names: string): [string, string] | null {
	const middle = (names.length - 1) / 2;
	return names.charAt(middle) === " " ? [names.slice(0, middle), names.slice(middle + 1)] : null;
}
