import { constants, openSync, realpathSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { fileStatus, isSystemCallError, OpenDescriptor } from "@retake/linux";
import { asDiskFull } from "../disk/disk-full.ts";
import type { Snapshot } from "../snapshot.ts";
import { copyDirectory } from "./directory-copy.ts";
import { LiveFiles } from "./live-files.ts";
import { LivePlaces } from "./live-places.ts";
import type { ManifestReader } from "./manifest-reader.ts";
import type { ManifestSummary } from "./manifest-writer.ts";
import { PathFilter } from "./path-filter.ts";
import { RefusedPaths, treeChanged, unreadable } from "./refused-paths.ts";
import { ScanRules } from "./scan-rules.ts";
import type { SnapshotLibrary } from "./snapshot-library.ts";
import type { SnapshotRecord, SourceRecord } from "./snapshot-record.ts";
import type { DirectoryOptions } from "./snapshots.ts";
import type { StagedLayer } from "./staged-layer.ts";

/** Layers that a snapshot may have; the next one of the same directory is a whole copy again. */
export const snapshotLayersMax = 16;

/** Passes over a directory in which something changed each time, after which it is refused. */
export const passesMax = 5;

type Previous = { readonly record: SnapshotRecord; readonly source: SourceRecord; readonly manifest: ManifestReader };

/** Freezes a directory as it is now: see `Snapshots.fromDirectory`. */
export async function snapshotDirectory(
	library: SnapshotLibrary,
	directory: string,
	options: DirectoryOptions,
): Promise<Snapshot> {
	const path = realPathOf(directory);
	const filter = new PathFilter(options);
	const key = `directory:${path}${filter.key}`;
	using root = openRoot(path);
	try {
		const previous = previousOf(library, key);
		using _manifest = previous?.manifest ?? null;
		using staged = library.trees.stage();
		const summary = await fill(library, root.descriptor, staged, previous, filter, options);
		const { record, source } = library.keep(staged, summary, previous?.record ?? null);
		library.records.saveSource("snapshot", key, source);
		if (previous !== null) library.dropManifest(previous.source);
		return library.openRecord(record);
	} catch (error) {
		throw asDiskFull(error);
	}
}

/**
 * Brings a layer up to date until a pass finds nothing to do: then all of it was there at one moment. What is only being
 * looked at again costs a status for each path.
 */
async function fill(
	library: SnapshotLibrary,
	root: number,
	staged: StagedLayer,
	previous: Previous | null,
	filter: PathFilter,
	options: DirectoryOptions,
): Promise<ManifestSummary> {
	const below = previous === null ? null : library.openRecord(previous.record);
	const { owner, store } = library;
	for (let pass = 1; ; pass++) {
		using again = pass === 1 ? null : staged.readManifest();
		using manifest = staged.writeManifest();
		using places = new LivePlaces(root);
		const isFresh = below === null && pass === 1;
		using writer = library.writerOf(staged, below, isFresh);
		await using files = new LiveFiles({
			root,
			layer: staged.directory,
			isFresh,
			owner,
			signal: options.signal,
			places,
			writer,
		});
		const rules = new ScanRules(filter, [store.directory, store.treesDirectory]);
		const found = await copyDirectory({
			root,
			rules,
			previous: again ?? previous?.manifest ?? null,
			writer,
			files,
			places,
			manifest,
			options,
		});
		const summary = manifest.finish();
		if (found.changed.count === 0) return summary;
		if (pass === passesMax) throw treeChanged(found.changed, passesMax);
	}
}

function previousOf(library: SnapshotLibrary, key: string): Previous | null {
	const source = library.records.source("snapshot", key);
	const record = source === null ? null : library.recordOf(source.treeId);
	if (source === null || record === null || record.layers.length >= snapshotLayersMax) return null;
	const manifest = library.trees.openManifest(source.manifest);
	return manifest === null ? null : { record, source, manifest };
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
		if (isSystemCallError(cause, "EACCES")) throw unreadable(new RefusedPaths());
		if (!isSystemCallError(cause, "ENOTDIR")) throw cause;
		throw new RetakeError("WORKSPACE_NOT_DIRECTORY", `${path} is not a directory`, {
			cause,
			data: { directory: path },
		});
	}
}
