import { baseName, type FileNode, parentOf, type TreePath } from "@retake/changeset";
import { toNameBytes } from "../tree/name-bytes.ts";
import { copyFile, type FileReading, type FileTarget, hashFile } from "./copy-file.ts";
import type { LivePlaces } from "./live-places.ts";

/** A live file to be read. */
export interface FileRequest {
	readonly path: TreePath;
	/** What the layers below hold there; null where they hold no file. */
	readonly before: FileNode | null;
	/** Whether its attributes may be others than below: then it is copied, though its bytes be the same. */
	readonly isTouched: boolean;
	/** As the scan saw it, bytes. */
	readonly size: number;
}

/** Brings live files into a layer, on whatever thread: those that differ from what is below are copied, the others only hashed. */
export class FileBringer {
	readonly #places: LivePlaces;
	readonly #target: FileTarget;
	readonly #isCancelled: () => boolean;

	constructor(places: LivePlaces, target: FileTarget, isCancelled: () => boolean) {
		this.#places = places;
		this.#target = target;
		this.#isCancelled = isCancelled;
	}

	/** Throws `DISK_FULL`, `INTERRUPTED`. */
	bring({ path, before, isTouched, size }: FileRequest): FileReading {
		const parent = this.#places.open(parentOf(path));
		if (parent === null) return { kind: "gone" };
		const name = toNameBytes(baseName(path));
		if (before !== null && before.size === size && !isTouched) {
			const reading = hashFile(parent, name, this.#isCancelled);
			if (reading.kind !== "read") return reading;
			if (reading.node.content === before.content && reading.node.mode === before.mode) return reading;
		}
		return copyFile(parent, name, path, this.#target, this.#isCancelled);
	}
}
