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
	const [old, now] = halvesOf(names) ?? [];
	const found = prefixPairs.some((pair) => {
		const [first, second] = [`${pair.charAt(0)}/`, `${pair.charAt(1)}/`];
		return isPrefixed(old, now, first, second) || isPrefixed(old, now, second, first);
	});
	return found ? 1 : 0;
}

function isPrefixed(old: string | undefined, now: string | undefined, first: string, second: string): boolean {
	return old?.startsWith(first) === true && now?.startsWith(second) === true;
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
	const [old, now] = (halvesOf(names) ?? []).map((name) => pathOfName(name, strip, line));
	return old === now && old !== undefined ? old : null;
}

/** Splits the two names of a `diff --git` line; null where it cannot be told where the one ends. */
function halvesOf(names: string): readonly [string, string] | null {
	if (names.startsWith('"')) {
		const old = readQuotedName(names);
		if (old?.rest.startsWith(" ") !== true) return null;
		const rest = old.rest.slice(1);
		if (!rest.startsWith('"')) return rest === "" ? null : [old.name, rest];
		const now = readQuotedName(rest);
		return now?.rest === "" ? [old.name, now.name] : null;
	}
	// A name without quotes holds none.
	const quote = names.indexOf(' "');
	if (quote > 0) {
		const now = readQuotedName(names.slice(quote + 1));
		return now?.rest === "" ? [names.slice(0, quote), now.name] : null;
	}
	// Names may hold spaces, but two names of one file are equally long.
	const middle = (names.length - 1) / 2;
	return names.charAt(middle) === " " ? [names.slice(0, middle), names.slice(middle + 1)] : null;
}
