import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A file system that the power is cut of. */
export type FileSystemName = "ext4" | "xfs";

const run = promisify(execFile);
const make: Record<FileSystemName, readonly [string, ...string[]]> = {
	ext4: ["mkfs.ext4", "-q", "-F"],
	xfs: ["mkfs.xfs", "-q", "-f"],
};
// ext4's journal is written when something asks for it, not because five seconds went by. Copies of an XFS share its identity.
const mountOptions: Record<FileSystemName, string> = { ext4: "loop,commit=600", xfs: "loop,nouuid" };
// As small as either may be: every cut copies what is in it.
const imageBytes: Record<FileSystemName, number> = { ext4: 48 * 2 ** 20, xfs: 320 * 2 ** 20 };

/** A file system in a file, mounted. Only for a process with a mount namespace of its own, which takes the mount along. */
export class MountedImage implements AsyncDisposable {
	readonly path: string;
	readonly #image: string;
	readonly #fileSystem: FileSystemName;

	private constructor(fileSystem: FileSystemName, directory: string, label: string) {
		this.#fileSystem = fileSystem;
		this.path = join(directory, `${label}-mounted`);
		this.#image = join(directory, `${label}-image`);
		mkdirSync(this.path);
	}

	/** Makes a fresh file system. */
	static async make(fileSystem: FileSystemName, directory: string, label: string): Promise<MountedImage> {
		const made = new MountedImage(fileSystem, directory, label);
		writeFileSync(made.#image, "");
		await truncate(made.#image, imageBytes[fileSystem]);
		const [program, ...flags] = make[fileSystem];
		await run(program, [...flags, made.#image]);
		await made.#mount();
		return made;
	}

	/** Mounts a copy of an image: all that it holds is as durable as if it had been there for long. */
	static async copyOf(template: MountedImage, directory: string, label: string): Promise<MountedImage> {
		const copied = new MountedImage(template.#fileSystem, directory, label);
		await run("cp", ["--sparse=always", template.#image, copied.#image]);
		await copied.#mount();
		return copied;
	}

	/** Takes the file system out of the tree, so that its image can be copied. */
	async unmount(): Promise<void> {
		await run("umount", [this.path]);
	}

	/**
	 * Cuts the power: nothing more reaches the image. With `flushesLog` the file system's own log does first, without the data that
	 * it speaks of; without, all since the last flush is gone. Then mounts again, which replays the log.
	 */
	async cutPower(flushesLog: boolean): Promise<void> {
		await run("xfs_io", ["-x", "-c", flushesLog ? "shutdown -f" : "shutdown", this.path]);
		await this.unmount();
		await this.#mount();
	}

	async #mount(): Promise<void> {
		await run("mount", ["-o", mountOptions[this.#fileSystem], this.#image, this.path]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.unmount();
		await run("rm", ["-rf", this.#image, this.path]);
	}
}
