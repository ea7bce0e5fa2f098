import { readSpeltPath, refuseProtected, type TreePath } from "@retake/changeset";
import { z } from "zod";

/** A path as a tool takes and returns it: relative to the workspace, `/` between components, spelt as `spellPath` does. */
export const pathInput = z
	.string()
	.min(1)
	.describe("path relative to the workspace; bytes that are not UTF-8 in git's C-style quotes");

/** Returns the path that a tool was given. Throws `PATH_REFUSED` for one that leaves the tree. */
export function readablePath(text: string): TreePath {
	return readSpeltPath(text);
}

/** Returns the path that a tool was given. Throws `PATH_REFUSED` for one that leaves the tree or is never written. */
export function writablePath(text: string): TreePath {
	const path = readSpeltPath(text);
	refuseProtected(path);
	return path;
}

/** Returns the directory that a tool was given; null is the workspace itself. Throws `PATH_REFUSED`. */
export function directoryPath(text: string): TreePath | null {
	return text === "" || text === "." ? null : readSpeltPath(text.replace(/\/$/, ""));
}
