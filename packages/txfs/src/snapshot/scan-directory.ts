import { readdirSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { type FileStatus, fileStatusAt, isSystemCallError, type NameBytes, type OpenDescriptor } from "@retake/linux";
import { openDirectory } from "../disk/open-directory.ts";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import type { ScanRules } from "./scan-rules.ts";

/** One place of a live directory tree, and what the kernel said of it. */
export interface ScannedEntry {
	readonly path: TreePath;
	readonly status: FileStatus;
}

/** Directories on the way down that stay open; those above are opened again when the scan comes back to them. */
const openDirectoriesMax = 64;

/** A directory that is being read. Names are bytes, one for each character, so that text sorts as bytes do. */
interface Frame {
	readonly path: TreePath | null;
	readonly names: readonly string[];
	at: number;
	/** Directories met whose contents come later, with a slash behind: "a-b" comes between "a" and "a/c". */
	readonly waiting: string[];
	opened: OpenDescriptor | null;
}

/**
 * Yields what is in a live directory tree, sorted by the bytes of the paths, without opening any file; `rules` say what is left
 * out, and are told of what cannot be read or represented. Holds the names of one directory for each level in memory.
 */
export function* scanDirectory(root: number, rules: ScanRules): Generator<ScannedEntry> {
	const frames: Frame[] = [];
	const enter = (path: TreePath | null): void => {
		const frame = openFrame(root, path, rules);
		if (frame !== null) frames.push(frame);
	};
	try {
		enter(null);
		for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
			const [waiting] = frame.waiting;
			const name = frame.names[frame.at];
			if (waiting !== undefined && (name === undefined || waiting < name)) {
				frame.waiting.shift();
				if (frames.length >= openDirectoriesMax) close(frame);
				enter(childPath(frame.path, toText(waiting.slice(0, -1))));
			} else if (name !== undefined) {
				frame.at++;
				const entry = readEntry(root, frame, name, rules);
				if (entry === null) continue;
				if (entry.status.kind === "directory") wait(frame.waiting, `${name}/`);
				yield entry;
			} else {
				close(frame);
				frames.pop();
			}
		}
	} finally {
		for (const frame of frames) close(frame);
	}
}

function openFrame(root: number, path: TreePath | null, rules: ScanRules): Frame | null {
	let opened: OpenDescriptor | null = null;
	try {
		opened = openDirectory(root, path);
		const names = readdirSync(opened.path, "latin1").sort();
		return { path, names, at: 0, waiting: [], opened };
	} catch (error) {
		opened?.[Symbol.dispose]();
		if (isSystemCallError(error, "EACCES", "EPERM")) rules.meetUnreadable(path);
		// Replaced since its parent was read: the next pass over the tree sees that.
		else if (!isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
		return null;
	}
}

function readEntry(root: number, frame: Frame, bytes: string, rules: ScanRules): ScannedEntry | null {
	const directory = openAgain(root, frame);
	if (directory === null) return null;
	const name = toText(bytes);
	const kernelName = name === bytes ? name : Buffer.from(bytes, "latin1");
	const path = childPath(frame.path, name);
	if (rules.isNameLeftOut(frame.path, name, path)) return null;
	const status = statusOf(directory, kernelName, path, rules);
	if (status === null || rules.isStatusLeftOut(status, directory, kernelName)) return null;
	if (status.kind === "directory" || status.kind === "file" || status.kind === "symlink") return { path, status };
	rules.meetForeign(path);
	return null;
}

/** A directory that may be listed but not searched tells nothing of what is in it. */
function statusOf(directory: number, name: NameBytes, path: TreePath, rules: ScanRules): FileStatus | null {
	try {
		return fileStatusAt(directory, name);
	} catch (error) {
		if (!isSystemCallError(error, "EACCES")) throw error;
		rules.meetUnreadable(path);
		return null;
	}
}

function openAgain(root: number, frame: Frame): number | null {
	try {
		frame.opened ??= openDirectory(root, frame.path);
		return frame.opened.descriptor;
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return null;
		throw error;
	}
}

function wait(waiting: string[], key: string): void {
	const at = waiting.findIndex((other) => other > key);
	waiting.splice(at === -1 ? waiting.length : at, 0, key);
}

function close(frame: Frame): void {
	frame.opened?.[Symbol.dispose]();
	frame.opened = null;
}

/** Spells a name whose bytes are its characters; most are ASCII and stay as they are. */
function toText(bytes: string): string {
	return /^[\0-\x7f]*$/.test(bytes) ? bytes : nameFromBytes(Buffer.from(bytes, "latin1"));
}
