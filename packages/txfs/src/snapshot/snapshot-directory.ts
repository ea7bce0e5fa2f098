import { constants, openSync, realpathSync, statSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type FileStatus, fileStatus, isSystemCallError, OpenDescriptor } from "@retake/linux";
import type { Snapshot } from "../snapshot.ts";
import { type CopyOptions, copyDirectory } from "./directory-copy.ts";
import type { Manifest } from "./manifest.ts";
import { scanDirectory, unreadable } from "./scan-directory.ts";
import type { SnapshotLibrary } from "./snapshot-library.ts";
import type { SnapshotRecord, SourceRecord } from "./snapshot-record.ts";

/** Layers that a snapshot may have; the next one of the same directory is a whole copy again. */
export const snapshotLayersMax = 16;

type Previous = { readonly record: SnapshotRecord; readonly source: SourceRecord; readonly manifest: Manifest };

/** Freezes a directory as it is now: see `Snapshots.fromDirectory`. */
export async function snapshotDirectory(
	library: SnapshotLibrary,
	directory: string,
	options: CopyOptions,
): Promise<Snapshot> {
	const path = realPathOf(directory);
	const key = `directory:${path}`;
	using root = openRoot(path);
	const previous = previousOf(library, key);
	using staged = library.trees.stage();
	const scanned = scanDirectory(root.descriptor, storeExclusion(library));
	const below = previous === null ? null : library.openRecord(previous.record);
	let entries: Awaited<ReturnType<typeof copyDirectory>>;
	{
		using writer = library.writerOf(staged, below);
		entries = await copyDirectory(root.descriptor, scanned, previous?.manifest ?? null, writer, options);
	}
	const { record, source } = library.keep(staged, entries, previous?.record ?? null);
	library.records.saveSource("snapshot", key, source);
	if (previous !== null) library.dropManifest(previous.source);
	return library.openRecord(record);
}

function previousOf(library: SnapshotLibrary, key: string): Previous | null {
	const source = library.records.source("snapshot", key);
	const record = source === null ? null : library.recordOf(source.treeId);
	if (
		source === null ||
		record === null ||
		record.layers.length >= snapshotLayersMax ||
		!library.trees.has(source.manifest)
	)
		return null;
	return { record, source, manifest: library.trees.readManifest(source.manifest) };
}

/** The store may lie in the directory, under whatever name. */
function storeExclusion({ store }: SnapshotLibrary): (status: FileStatus) => boolean {
	const own = [store.directory, store.treesDirectory].map((path) => statSync(path, { bigint: true }));
	return (status) =>
		status.kind === "directory" && own.some(({ ino, dev }) => ino === status.ino && Number(dev) === status.dev);
}

function realPathOf(directory: string): string {
	try {
		return realpathSync(directory);
	} catch (cause) {
		if (!isSystemCallError(cause, "ENOENT", "ENOTDIR", "ELOOP")) throw cause;
		throw new RetakeError("WORKSPACE_NOT_FOUND", `${directory} does not exist`, { cause, data: { directory } });
	}
}

function openRoot(path: string): OpenDescriptor {
	try {
		const root = new OpenDescriptor(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
		fileStatus(root.descriptor);
		return root;
	} catch (cause) {
		if (isSystemCallError(cause, "EACCES")) throw unreadable(null, cause);
		if (!isSystemCallError(cause, "ENOTDIR")) throw cause;
		throw new RetakeError("WORKSPACE_NOT_DIRECTORY", `${path} is not a directory`, {
			cause,
			data: { directory: path },
		});
	}
}
