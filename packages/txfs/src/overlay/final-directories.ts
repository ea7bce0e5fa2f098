import { chmodSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { isSystemCallError, setModifiedTimeAt } from "@retake/linux";
import { openDirectory } from "../disk/open-directory.ts";

/** What directories get when all that belongs in them has been written: meanwhile they are writable, and writing sets their time. */
export class FinalDirectories {
	readonly #modes = new Map<TreePath, number>();
	readonly #times = new Map<TreePath, bigint>();

	/** Notes the mode that a directory is to have, in place of what was noted before. */
	setMode(path: TreePath, mode: number): void {
		this.#modes.set(path, mode);
	}

	/** Notes the mode that a directory has, unless one was noted. */
	keepMode(path: TreePath, mode: number): void {
		if (!this.#modes.has(path)) this.#modes.set(path, mode);
	}

	/** Notes the time that a directory is to have, in place of what was noted before. */
	setTime(path: TreePath, mtimeNs: bigint): void {
		this.#times.set(path, mtimeNs);
	}

	/** Notes the time that a directory has, unless one was noted. */
	keepTime(path: TreePath, mtimeNs: () => bigint): void {
		if (!this.#times.has(path)) this.#times.set(path, mtimeNs());
	}

	/** Takes back what was noted of the time: another directory is there now. */
	forgetTime(path: TreePath): void {
		this.#times.delete(path);
	}

	/** Gives the directories beneath `root` what was noted, those made last first. Throws `SystemCallError`. */
	settle(root: number): void {
		for (const path of [...new Set([...this.#modes.keys(), ...this.#times.keys()])].reverse()) {
			try {
				using opened = openDirectory(root, path);
				const time = this.#times.get(path);
				const mode = this.#modes.get(path);
				if (time !== undefined) setModifiedTimeAt(opened.descriptor, ".", time);
				if (mode !== undefined) chmodSync(opened.path, mode);
			} catch (error) {
				// Replaced after it was noted.
				if (!isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
			}
		}
		this.#modes.clear();
		this.#times.clear();
	}
}
