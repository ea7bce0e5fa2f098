import { constants, fchmodSync, fchownSync, openSync, rmSync } from "node:fs";
import type { NodeAttributes, TreePath } from "@retake/changeset";
import { AT_FDCWD, cloneFile, isSystemCallError, OpenDescriptor, setModifiedTimeAt } from "@retake/linux";
import { writeXattrs } from "../attributes/write-xattrs.ts";
import { asDiskFull } from "../disk/disk-full.ts";
import { writeSparse } from "../disk/sparse-file.ts";
import type { TreeOwner } from "../layer-space.ts";
import { readableMode } from "../tree/readable-mode.ts";
import type { FileReading, FileTarget } from "./copy-file.ts";

/** Puts copies of files beside a layer, under numbered names, until the layer's own writer gives them their places. */
export class StagedFiles implements FileTarget {
	readonly #prefix: string;
	readonly #owner: TreeOwner | null;
	#number = 0;
	#current: string | null = null;

	/** `prefix` is the absolute path to which a number is added. */
	constructor(prefix: string, owner: TreeOwner | null) {
		this.#prefix = prefix;
		this.#owner = owner;
	}

	writeFile(_path: TreePath, bytes: Iterable<Uint8Array>, mode: number, attributes: NodeAttributes): void {
		this.#make(mode, attributes, (descriptor) => writeSparse(descriptor, bytes, attributes.extents));
	}

	cloneFile(_path: TreePath, source: number, mode: number, attributes: NodeAttributes): boolean {
		try {
			this.#make(mode, attributes, (descriptor) => cloneFile(source, descriptor));
			return true;
		} catch (error) {
			if (isSystemCallError(error, "EOPNOTSUPP", "ENOTSUP", "ENOTTY", "EINVAL", "EXDEV")) return false;
			throw error;
		}
	}

	/** Returns where the copy of the file just read lies, which is the caller's from now on; null where none was made. */
	take({ kind }: FileReading): string | null {
		const staged = this.#current;
		this.#current = null;
		if (staged === null || kind === "read") return staged;
		rmSync(staged, { force: true });
		return null;
	}

	#make(mode: number, { xattrs, mtimeNs }: NodeAttributes, fill: (descriptor: number) => void): void {
		this.#current ??= `${this.#prefix}${this.#number++}`;
		try {
			const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
			using file = new OpenDescriptor(openSync(this.#current, flags, 0o600));
			fill(file.descriptor);
			writeXattrs(this.#current, xattrs);
			if (this.#owner !== null) fchownSync(file.descriptor, this.#owner.uid, this.#owner.gid);
			fchmodSync(file.descriptor, readableMode("file", mode));
			setModifiedTimeAt(AT_FDCWD, this.#current, mtimeNs);
		} catch (error) {
			throw asDiskFull(error);
		}
	}
}
