import { setImmediate } from "node:timers/promises";
import { assert, RetakeError } from "@retake/base";
import { baseName, parentOf, rawTextFromBytes, type SymlinkNode, sameNode, type TreePath } from "@retake/changeset";
import { type FileStatus, isSystemCallError, readLinkAt } from "@retake/linux";
import { isSameStamp, stampOf } from "../disk/file-stamp.ts";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import { toNameBytes } from "../tree/name-bytes.ts";
import type { FileReading } from "./copy-file.ts";
import type { FileRequest } from "./file-bringer.ts";
import type { LiveFiles } from "./live-files.ts";
import type { LivePlaces } from "./live-places.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { ManifestReader } from "./manifest-reader.ts";
import type { ManifestWriter } from "./manifest-writer.ts";
import { PreviousEntries } from "./previous-entries.ts";
import { RefusedPaths } from "./refused-paths.ts";
import { type ScannedEntry, scanDirectory } from "./scan-directory.ts";
import type { ScanRules } from "./scan-rules.ts";

/** Lets a caller watch and stop the copying of a directory. */
export interface CopyOptions {
	/** Called now and then with what has been looked at so far. */
	readonly onProgress?: (files: number, bytes: number) => void;
	readonly signal?: AbortSignal;
}

/** One pass over a live directory. */
export interface CopyPass {
	readonly root: number;
	readonly rules: ScanRules;
	/** What the layer and those below it hold; null where they are empty. */
	readonly previous: ManifestReader | null;
	readonly writer: LayerWriter;
	readonly files: LiveFiles;
	readonly places: LivePlaces;
	readonly manifest: ManifestWriter;
	readonly options: CopyOptions;
}

/** What a pass found. */
export interface PassResult {
	/** Paths that were not as the previous manifest says: brought up to date, or removed. */
	readonly changed: RefusedPaths;
	/** Whether a file was written each time that it was read: it is in neither layer nor manifest. */
	readonly isUnsettled: boolean;
}

/** Entries in one go: long enough to cost nothing, short enough that a signal is heard within some milliseconds. */
const entriesPerTurn = 256;

/** Turns whose files may be being read while the scan goes on. */
const turnsAhead = 8;

interface Turn {
	readonly slots: { entry: ManifestEntry | null; readonly request: FileRequest | null }[];
	readonly readings: Promise<readonly FileReading[]>;
}

/**
 * Brings a layer to what a live directory holds and writes the manifest of that: everything where there is no previous one, else
 * what changed since. Throws `TREE_REFUSED`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function copyDirectory(pass: CopyPass): Promise<PassResult> {
	const copy = new DirectoryCopy(pass);
	await copy.run();
	return copy;
}

class DirectoryCopy implements PassResult {
	readonly changed = new RefusedPaths();
	isUnsettled = false;
	readonly #pass: CopyPass;
	readonly #previous: PreviousEntries;
	readonly #turns: Turn[] = [];
	#files = 0;
	#bytes = 0;

	constructor(pass: CopyPass) {
		this.#pass = pass;
		this.#previous = new PreviousEntries(pass.previous, (path) => this.#remove(path));
	}

	async run(): Promise<void> {
		const { root, rules } = this.#pass;
		let slots: Turn["slots"] = [];
		for (const entry of scanDirectory(root, rules)) {
			slots.push(this.#look(entry));
			if (slots.length < entriesPerTurn) continue;
			await this.#begin(slots);
			slots = [];
		}
		await this.#begin(slots);
		while (this.#turns.length > 0) await this.#end();
		this.#previous.finish();
		rules.refuse();
		this.#report();
	}

	async #begin(slots: Turn["slots"]): Promise<void> {
		const requests = slots.flatMap(({ request }) => (request === null ? [] : [request]));
		const readings = this.#pass.files.bring(requests);
		// Whoever awaits it hears of its failure; until then it must not count as unheard.
		readings.catch(() => undefined);
		this.#turns.push({ slots, readings });
		if (this.#turns.length > turnsAhead) await this.#end();
		this.#report();
		await setImmediate();
		const { signal } = this.#pass.options;
		if (signal?.aborted) throw interrupted(signal.reason);
	}

	/** Waits for the files of the oldest turn, which come next in the manifest. */
	async #end(): Promise<void> {
		const turn = this.#turns.shift();
		const readings = (await turn?.readings) ?? [];
		let next = 0;
		for (const { entry, request } of turn?.slots ?? []) {
			const written = request === null ? entry : this.#settle(request, readings[next++]);
			if (written !== null) this.#pass.manifest.add(written);
		}
	}

	#settle({ path, before }: FileRequest, reading: FileReading | undefined): ManifestEntry | null {
		assert(reading !== undefined, "every file that was asked for is answered");
		if (reading.kind === "read") {
			const { node, stamp } = reading;
			if (before === null || !sameNode(before, node)) this.changed.add(path);
			return { path, node, stamp };
		}
		this.changed.add(path);
		if (reading.kind === "unreadable") this.#pass.rules.meetUnreadable(path);
		if (reading.kind === "unsettled") this.isUnsettled = true;
		// A half-read copy may be there, or what was there before.
		this.#pass.writer.remove(path);
		return null;
	}

	#look({ path, status }: ScannedEntry): Turn["slots"][number] {
		const before = this.#previous.find(path, status.kind);
		if (status.kind === "file") {
			this.#files++;
			this.#bytes += status.size;
			if (before !== null && this.#isUnchanged(before, status)) return { entry: before, request: null };
			return {
				entry: null,
				request: { path, before: before?.node.kind === "file" ? before.node : null, size: status.size },
			};
		}
		const node = status.kind === "directory" ? { kind: status.kind, mode: status.mode & 0o777 } : this.#readLink(path);
		if (node === null) {
			if (before !== null) this.#remove(path);
			return { entry: null, request: null };
		}
		if (!sameNode(before?.node ?? null, node)) {
			this.changed.add(path);
			if (node.kind === "directory") this.#pass.writer.makeDirectory(path, node.mode);
			else this.#pass.writer.makeSymlink(path, node.target);
		}
		return { entry: { path, node, stamp: null }, request: null };
	}

	#readLink(path: TreePath): SymlinkNode | null {
		const parent = this.#pass.places.open(parentOf(path));
		if (parent === null) return null;
		try {
			return { kind: "symlink", target: rawTextFromBytes(readLinkAt(parent, toNameBytes(baseName(path)))) };
		} catch (error) {
			if (isSystemCallError(error, "ENOENT", "EINVAL")) return null;
			throw error;
		}
	}

	/** A file written since the previous scan began may have changed without changing its stamp: git's "racily clean" entries. */
	#isUnchanged({ node, stamp }: ManifestEntry, status: FileStatus): boolean {
		if (node.kind !== "file" || node.mode !== (status.mode & 0o777)) return false;
		if (stamp === null || !isSameStamp(stamp, stampOf(status))) return false;
		return stamp.mtimeNs < this.#previous.startedNs && stamp.ctimeNs < this.#previous.startedNs;
	}

	#remove(path: TreePath): void {
		this.changed.add(path);
		this.#pass.writer.remove(path);
	}

	#report(): void {
		this.#pass.options.onProgress?.(this.#files, this.#bytes);
	}
}

function interrupted(cause: unknown): RetakeError {
	return new RetakeError("INTERRUPTED", "taking the snapshot was cancelled", { cause });
}
