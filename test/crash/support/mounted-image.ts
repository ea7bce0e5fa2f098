import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file system that the power is cut of. */
export type FileSystemName = "ext4" | "xfs";

const make: Record<FileSystemName, readonly [string, ...string[]]> = {
	ext4: ["mkfs.ext4", "-q", "-F"],
	xfs: ["mkfs.xfs", "-q", "-f"],
};
// Its journal is written when something asks for it, not because five seconds went by.
const mountOptions: Record<FileSystemName, string> = { ext4: "loop,commit=600", xfs: "loop" };
const imageBytes = 320 * 2 ** 20;

/** A fresh file system in a file, mounted. Only for a process with a mount namespace of its own, which takes the mount along. */
export class MountedImage implements Disposable {
	readonly path: string;
	readonly #image: string;
	readonly #fileSystem: FileSystemName;

	/** Makes the image and its mount point in a directory, named after the label. */
	constructor(fileSystem: FileSystemName, directory: string, label: string) {
		this.#fileSystem = fileSystem;
		this.path = join(directory, `${label}-mounted`);
		this.#image = join(directory, `${label}-image`);
		mkdirSync(this.path);
		writeFileSync(this.#image, "");
		truncateSync(this.#image, imageBytes);
		const [program, ...flags] = make[fileSystem];
		execFileSync(program, [...flags, this.#image]);
		this.#mount();
	}

	/** Makes durable what was written, as if it had been there for long. */
	settle(): void {
		execFileSync("sync", ["-f", this.path]);
	}

	/**
	 * Cuts the power: nothing more reaches the image. With `flushesLog` the file system's own log does first, without the data that
	 * it speaks of; without, all since the last flush is gone. Then mounts again, which replays the log.
	 */
	cutPower(flushesLog: boolean): void {
		execFileSync("xfs_io", ["-x", "-c", flushesLog ? "shutdown -f" : "shutdown", this.path]);
		this.#unmount();
		this.#mount();
	}

	#mount(): void {
		execFileSync("mount", ["-o", mountOptions[this.#fileSystem], this.#image, this.path]);
	}

	#unmount(): void {
		execFileSync("umount", [this.path]);
	}

	[Symbol.dispose](): void {
		this.#unmount();
		rmSync(this.#image);
		rmSync(this.path, { recursive: true });
	}
}
