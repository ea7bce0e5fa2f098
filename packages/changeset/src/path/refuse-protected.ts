import { RetakeError } from "@retake/base";
import type { TreePath } from "../tree-path.ts";
import { printablePath } from "./printable-path.ts";

/** Code points that HFS+ ignores when it compares names. */
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** What NTFS takes for `.git` too: its short name, dots and spaces behind it, a stream or a backslash after it. */
const gitDirectory = /^(?:\.git|git~1)[. ]*(?:[:\\].*)?$/is;

const ownDirectory = /^\.retake[. ]*(?:[:\\].*)?$/is;

/** Matches every path that could need a closer look: one of the two words, or anything that is not ASCII. */
const suspicious = /git|\.retake|[\u0080-\uffff]/i;

/**
 * Throws `PATH_REFUSED` for a path that Retake never writes: one with a component that some file system takes for `.git`,
 * or one under `.retake` at the root. Source of the rules: git's own checks for HFS+ and NTFS (CVE-2014-9390).
 */
export function refuseProtected(path: TreePath): void {
	if (!suspicious.test(path)) return;
	const components = path.replace(ignored, "").split("/");
	if (components.some((component) => gitDirectory.test(component))) throw refused(path, ".git");
	if (ownDirectory.test(components[0] ?? "")) throw refused(path, ".retake");
}

function refused(path: TreePath, directory: string): RetakeError<{ readonly path: TreePath; readonly reason: string }> {
	return new RetakeError("PATH_REFUSED", `the path "${printablePath(path)}" is refused: it names ${directory}`, {
		data: { path, reason: `it names ${directory}` },
		remedy: `leave ${directory} out: Retake never writes there`,
	});
}
