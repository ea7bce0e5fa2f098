import { RetakeError } from "@retake/base";
import type { TreePath } from "../tree-path.ts";
import { printablePath } from "./printable-path.ts";
import { rawTextFromBytes, rawTextToBytes } from "./raw-text.ts";

/** Matches what makes a path unclean: an empty, `.` or `..` component at its start, middle or end. */
const unclean = /(?:^|\/)\.{0,2}(?:\/|$)/;

const surrogate = /[\ud800-\udfff]/;

/**
 * Checks text and returns it as a path of a tree. Throws `PATH_REFUSED` for what is empty or absolute, has an empty, `.` or
 * `..` component, a NUL or a slash at its end, or spells no bytes.
 */
export function treePath(text: string): TreePath {
	if (unclean.test(text) || text.includes("\0")) throw refused(text, uncleanReason(text));
	if (surrogate.test(text) && rawTextToBytes(text) === null) throw refused(text, "it spells no bytes");
	return text as TreePath;
}

/** Reads a path from the kernel's bytes. Throws `PATH_REFUSED` as `treePath` does. */
export function treePathFromBytes(bytes: Uint8Array): TreePath {
	const text = rawTextFromBytes(bytes);
	if (unclean.test(text) || text.includes("\0")) throw refused(text, uncleanReason(text));
	return text as TreePath;
}

/** Gives the bytes by which the kernel knows a path. */
export function treePathToBytes(path: TreePath): Uint8Array {
	const bytes = rawTextToBytes(path);
	if (bytes === null) throw refused(path, "it spells no bytes");
	return bytes;
}

function uncleanReason(text: string): string {
	if (text === "") return "it is empty";
	if (text.includes("\0")) return "it holds a NUL";
	if (text.startsWith("/")) return "it is absolute";
	if (text.endsWith("/")) return "it ends in a slash";
	const components = text.split("/");
	if (components.includes("..")) return "it has a .. component";
	return components.includes(".") ? "it has a . component" : "it has an empty component";
}

function refused(text: string, reason: string): RetakeError<{ readonly path: string; readonly reason: string }> {
	return new RetakeError("PATH_REFUSED", `the path "${printablePath(text)}" is refused: ${reason}`, {
		data: { path: text, reason },
		remedy: "name the file relative to the workspace, without . or .. components",
	});
}
