import { refuseProtected, type TreePath, treePath } from "@retake/changeset";
import { z } from "zod";

/** A path as a tool takes it: relative to the workspace, with `/` between components. */
export const pathInput = z.string().min(1).describe("path relative to the workspace");

/** Returns the path that a tool was given. Throws `PATH_REFUSED` for one that leaves the tree or is never written. */
export function writablePath(text: string): TreePath {
	const path = treePath(text);
	refuseProtected(path);
	return path;
}

/** Returns the directory that a tool was given; null is the workspace itself. Throws `PATH_REFUSED`. */
export function directoryPath(text: string): TreePath | null {
	return text === "" || text === "." ? null : treePath(text.replace(/\/$/, ""));
}
