import { type Dirent, readdirSync } from "node:fs";

/** One name of a directory, as bytes, with what the directory itself says about its kind. */
export type DirectoryName = Dirent<Buffer>;

/** Returns the names in an open directory, also one opened as a place alone, in the kernel's order. */
export function readDirectory(descriptor: number): DirectoryName[] {
	return readdirSync(`/proc/self/fd/${descriptor}`, { withFileTypes: true, encoding: "buffer" });
}
