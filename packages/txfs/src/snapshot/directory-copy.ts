import { setImmediate } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import { baseName, parentOf, rawTextFromBytes, type TreePath } from "@retake/changeset";
import { isSystemCallError, type NameBytes, type OpenDescriptor, readLinkAt } from "@retake/linux";
import { isSameStamp, stampOf } from "../disk/file-stamp.ts";
import { openDirectory } from "../disk/open-directory.ts";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import { toNameBytes } from "../tree/name-bytes.ts";
import { copyFile, hashFile, type ReadFile } from "./copy-file.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";
import type { ScannedEntry } from "./scan-directory.ts";

/** Lets a caller watch and stop the copying of a directory. */
export interface CopyOptions {
	/** Called now and then with what has been done so far. */
	readonly onProgress?: (files: number, bytes: number) => void;
	readonly signal?: AbortSignal;
}

// Long enough to cost nothing, short enough that a signal is heard within some milliseconds.
const entriesPerTurn = 256;

/**
 * Brings a layer to what a live directory holds: everything where there is no `previous` manifest, else what changed since.
 * Returns the manifest's entries, in no order. Throws `TREE_CHANGED`, `TREE_REFUSED`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function copyDirectory(
	root: number,
	scanned: readonly ScannedEntry[],
	previous: Manifest | null,
	writer: LayerWriter,
	options: CopyOptions,
): Promise<ManifestEntry[]> {
	using copy = new DirectoryCopy(root, previous, writer);
	let bytes = 0;
	for (const [index, entry] of scanned.entries()) {
		if (index % entriesPerTurn === 0) {
			options.onProgress?.(index, bytes);
			await setImmediate();
			if (options.signal?.aborted) throw interrupted(options.signal.reason);
		}
		copy.bring(entry);
		bytes += entry.status.size;
	}
	options.onProgress?.(scanned.length, bytes);
	copy.removeRest();
	return copy.entries;
}

class DirectoryCopy implements Disposable {
	readonly entries: ManifestEntry[] = [];
	readonly #root: number;
	readonly #writer: LayerWriter;
	readonly #previous: ReadonlyMap<TreePath, ManifestEntry>;
	/** A file written since then may have changed without changing its stamp: git's "racily clean" entries. */
	readonly #trustedBeforeNs: bigint;
	#parent: { readonly path: TreePath | null; readonly opened: OpenDescriptor } | null = null;

	constructor(root: number, previous: Manifest | null, writer: LayerWriter) {
		this.#root = root;
		this.#writer = writer;
		this.#previous = new Map(previous?.entries.map((entry) => [entry.path, entry]));
		this.#trustedBeforeNs = previous?.startedNs ?? 0n;
	}

	bring({ path, status }: ScannedEntry): void {
		const entry = this.#bring(path, status);
		if (entry !== null) this.entries.push(entry);
	}

	removeRest(): void {
		const present = new Set(this.entries.map(({ path }) => path));
		for (const path of this.#previous.keys()) if (!present.has(path)) this.#writer.remove(path);
	}

	[Symbol.dispose](): void {
		this.#parent?.opened[Symbol.dispose]();
	}

	#bring(path: TreePath, status: ScannedEntry["status"]): ManifestEntry | null {
		const before = this.#previous.get(path);
		if (status.kind === "directory") {
			const node = { kind: "directory", mode: status.mode & 0o777 } as const;
			if (before?.node.kind !== "directory" || before.node.mode !== node.mode)
				this.#writer.makeDirectory(path, node.mode);
			return { path, node, stamp: null };
		}
		const parent = this.#openParent(parentOf(path));
		if (parent === null) return null;
		const name = toNameBytes(baseName(path));
		return status.kind === "symlink"
			? this.#bringLink(parent, name, path, before)
			: this.#bringFile(parent, name, path, status, before);
	}

	#bringLink(parent: number, name: NameBytes, path: TreePath, before: ManifestEntry | undefined): ManifestEntry | null {
		let target: string;
		try {
			target = rawTextFromBytes(readLinkAt(parent, name));
		} catch (error) {
			if (isSystemCallError(error, "ENOENT", "EINVAL")) return null;
			throw error;
		}
		if (before?.node.kind !== "symlink" || before.node.target !== target) this.#writer.makeSymlink(path, target);
		return { path, node: { kind: "symlink", target }, stamp: null };
	}

	#bringFile(
		parent: number,
		name: NameBytes,
		path: TreePath,
		status: ScannedEntry["status"],
		before: ManifestEntry | undefined,
	): ManifestEntry | null {
		if (before?.node.kind === "file") {
			if (before.node.mode === (status.mode & 0o777) && this.#isTrusted(before, status)) return before;
			const read = hashFile(parent, name, path);
			if (read === null) return null;
			if (read.node.content === before.node.content && read.node.mode === before.node.mode) return { path, ...read };
		}
		const read: ReadFile | null = copyFile(parent, name, path, this.#writer);
		return read === null ? null : { path, ...read };
	}

	#isTrusted({ stamp }: ManifestEntry, status: ScannedEntry["status"]): boolean {
		if (stamp === null || !isSameStamp(stamp, stampOf(status))) return false;
		return stamp.mtimeNs < this.#trustedBeforeNs && stamp.ctimeNs < this.#trustedBeforeNs;
	}

	#openParent(path: TreePath | null): number | null {
		if (this.#parent !== null && this.#parent.path === path) return this.#parent.opened.descriptor;
		this.#parent?.opened[Symbol.dispose]();
		this.#parent = null;
		try {
			this.#parent = { path, opened: openDirectory(this.#root, path) };
		} catch (error) {
			if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
			throw error;
		}
		return this.#parent.opened.descriptor;
	}
}

function interrupted(cause: unknown): RetakeError {
	return new RetakeError("INTERRUPTED", "taking the snapshot was cancelled", { cause });
}
