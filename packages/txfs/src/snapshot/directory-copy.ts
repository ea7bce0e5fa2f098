import { setImmediate } from "node:timers/promises";
import { assert, RetakeError } from "@retake/base";
import {
	baseName,
	type NodeAttributes,
	parentOf,
	rawTextFromBytes,
	type SymlinkNode,
	sameNode,
	type TreePath,
} from "@retake/changeset";
import { type FileStatus, isSystemCallError, readLinkAt } from "@retake/linux";
import { readXattrs } from "../attributes/read-xattrs.ts";
import { type FileStamp, isSameStamp, stampOf } from "../disk/file-stamp.ts";
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
const entriesPerTurn = 128;

/** Turns whose files may be being read while the scan goes on. */
const turnsAhead = 6;

/** What was seen at one path: all that the manifest says of it, or what becomes of it once files have been read. */
interface Slot {
	readonly entry: ManifestEntry | null;
	readonly request: FileRequest | null;
	/** Another name of a file that has been asked for. */
	readonly link: { readonly path: TreePath; readonly stamp: FileStamp; readonly leader: LinkLeader } | null;
}

/** The first name of a file that has several; `entry` once it has been read. */
interface LinkLeader {
	readonly path: TreePath;
	entry: ManifestEntry | null;
}

interface Turn {
	readonly slots: Slot[];
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
	/** By inode: files and links with several names that were brought into the layer. */
	readonly #leaders = new Map<bigint, LinkLeader>();
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
		for (const { entry, request, link } of turn?.slots ?? []) {
			const written = request === null ? entry : this.#settle(request, readings[next++]);
			const linked = link === null ? written : this.#settleLink(link);
			if (linked !== null) this.#pass.manifest.add(linked);
		}
	}

	#settle({ path, before }: FileRequest, reading: FileReading | undefined): ManifestEntry | null {
		assert(reading !== undefined, "every file that was asked for is answered");
		if (reading.kind === "read") {
			const { node, stamp } = reading;
			if (before === null || !sameNode(before, node)) this.changed.add(path);
			const entry = { path, node, stamp };
			const leader = this.#leaders.get(stamp.ino);
			if (leader?.path === path) leader.entry = entry;
			return entry;
		}
		this.changed.add(path);
		if (reading.kind === "unreadable") this.#pass.rules.meetUnreadable(path);
		if (reading.kind === "unsettled") this.isUnsettled = true;
		// A half-read copy may be there, or what was there before.
		this.#pass.writer.remove(path);
		return null;
	}

	#settleLink({ path, stamp, leader }: NonNullable<Slot["link"]>): ManifestEntry | null {
		const { entry } = leader;
		if (entry?.stamp && isSameStamp(entry.stamp, stamp)) {
			this.#pass.writer.makeLink(path, leader.path);
			return { ...entry, path };
		}
		// Its file was written since this name was seen: the next pass looks again.
		this.changed.add(path);
		this.#pass.writer.remove(path);
		return null;
	}

	#look({ path, status }: ScannedEntry): Slot {
		const before = this.#previous.find(path, status.kind);
		if (status.kind === "file") return this.#lookAtFile(path, status, before);
		const node = status.kind === "directory" ? { kind: status.kind, mode: status.mode & 0o777 } : this.#readLink(path);
		if (node === null) {
			if (before !== null) this.#remove(path);
			return { entry: null, request: null, link: null };
		}
		const stamp = stampOf(status);
		const isSame = sameNode(before?.node ?? null, node);
		if (!isSame) this.changed.add(path);
		const entry: ManifestEntry = { path, node, stamp };
		if (isSame && !isTouched(before, stamp)) return { entry, request: null, link: null };
		if (node.kind === "directory") this.#pass.writer.makeDirectory(path, node.mode, this.#attributesOf(path, status));
		else {
			const leader = this.#leaderOf(path, status);
			if (leader?.entry && sameNode(leader.entry.node, node)) this.#pass.writer.makeLink(path, leader.path);
			else this.#pass.writer.makeSymlink(path, node.target, { mtimeNs: status.mtimeNs, xattrs: [], extents: null });
			if (leader?.path === path) leader.entry = entry;
		}
		return { entry, request: null, link: null };
	}

	#lookAtFile(path: TreePath, status: FileStatus, before: ManifestEntry | null): Slot {
		this.#files++;
		this.#bytes += status.size;
		if (before !== null && this.#isUnchanged(before, status)) return { entry: before, request: null, link: null };
		const stamp = stampOf(status);
		const isAnother = isTouched(before, stamp);
		const leader = isAnother ? this.#leaderOf(path, status) : null;
		if (leader !== null && leader.path !== path) {
			if (before?.node.kind !== "file" || leader.entry === null || !sameNode(before.node, leader.entry.node))
				this.changed.add(path);
			return { entry: null, request: null, link: { path, stamp, leader } };
		}
		const known = before?.node.kind === "file" ? before.node : null;
		return {
			entry: null,
			request: { path, before: known, isTouched: isAnother, size: status.size },
			link: null,
		};
	}

	/** Returns the first name met of what has several, which may be this one; null where it has no other. */
	#leaderOf(path: TreePath, { nlink, ino }: FileStatus): LinkLeader | null {
		if (nlink === 1) return null;
		let leader = this.#leaders.get(ino);
		if (leader === undefined) this.#leaders.set(ino, (leader = { path, entry: null }));
		return leader;
	}

	#attributesOf(path: TreePath, status: FileStatus): NodeAttributes {
		const parent = this.#pass.places.open(parentOf(path));
		const name = toNameBytes(baseName(path));
		const xattrs = parent === null ? [] : readXattrs(parent, name, status).kept;
		return { mtimeNs: status.mtimeNs, xattrs, extents: null };
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

/** Tells whether a place may have other attributes than a manifest says: whatever sets one sets the time of the inode. */
function isTouched(before: ManifestEntry | null, { mtimeNs, ctimeNs, ino }: FileStamp): boolean {
	if (before?.stamp === null || before === null) return true;
	return before.stamp.mtimeNs !== mtimeNs || before.stamp.ctimeNs !== ctimeNs || before.stamp.ino !== ino;
}

function interrupted(cause: unknown): RetakeError {
	return new RetakeError("INTERRUPTED", "taking the snapshot was cancelled", { cause });
}
