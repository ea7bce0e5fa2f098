import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { TreeEntry } from "@retake/changeset";
import { fileChunks } from "../disk/file-chunks.ts";
import type { NodeSource, SourceEntry } from "./node-source.ts";

/** Gives nodes of a directory of the host's own, such as a repository's `.git`, read-only. Never one that a candidate can write to. */
export function createDirectorySource(directory: string): NodeSource {
	return {
		entries: (path) =>
			readdirSync(join(directory, path), { withFileTypes: true }).flatMap((entry): TreeEntry[] => {
				if (entry.isFile()) return [{ name: entry.name, kind: "file" }];
				if (entry.isDirectory()) return [{ name: entry.name, kind: "directory" }];
				return entry.isSymbolicLink() ? [{ name: entry.name, kind: "symlink" }] : [];
			}),
		describe(path): SourceEntry {
			const at = join(directory, path);
			const status = lstatSync(at);
			const mode = status.mode & 0o777;
			if (status.isSymbolicLink()) return { kind: "symlink", target: readlinkSync(at) };
			return status.isDirectory() ? { kind: "directory", mode } : { kind: "file", mode, size: status.size };
		},
		*chunks(path) {
			const descriptor = openSync(join(directory, path), constants.O_RDONLY | constants.O_NOFOLLOW);
			try {
				yield* fileChunks(descriptor, fstatSync(descriptor).size);
			} finally {
				closeSync(descriptor);
			}
		},
	};
}
