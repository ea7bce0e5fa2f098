import { execFile } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { truncate } from "node:fs/promises";
import { basename, join } from "node:path";
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

	private constructor(fileSystem: FileSystemName, image: string) {
		this.#fileSystem = fileSystem;
		this.path = `${image}-mounted`;
		this.#image = image;
		mkdirSync(this.path);
	}

	/** Makes a fresh file system, unmounts it once it is filled, and leaves it at `image`. */
	static async make(fileSystem: FileSystemName, image: string, fill: (path: string) => void): Promise<void> {
		writeFileSync(image, "");
		await truncate(image, imageBytes[fileSystem]);
		const [program, ...flags] = make[fileSystem];
		await run(program, [...flags, image]);
		const made = new MountedImage(fileSystem, image);
		await made.#mount();
		fill(made.path);
		await run("umount", [made.path]);
	}

	/** Mounts a file system as its device holds it, which replays its log, and removes it in the end. */
	static async mount(fileSystem: FileSystemName, image: string): Promise<MountedImage> {
		const mounted = new MountedImage(fileSystem, image);
		await mounted.#mount();
		return mounted;
	}

	/** Mounts a copy of a file system: all that it holds is as durable as if it had been there for long. */
	static async mountCopy(fileSystem: FileSystemName, template: string, image: string): Promise<MountedImage> {
		await copyImage(template, image);
		return MountedImage.mount(fileSystem, image);
	}

	/** Copies what has reached the device so far: what would be there if the power went now. */
	async copyDevice(to: string): Promise<void> {
		await copyImage(this.#image, to);
	}

	/** Returns how many writes have reached the device. As long as this is the same, so is what it holds. */
	writesMade(): number {
		const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
		const mount = mounts.find((line) => line.split(" ")[4] === this.path) ?? "";
		const device = basename(mount.split(" - ")[1]?.split(" ")[1] ?? "");
		return Number(readFileSync(`/sys/class/block/${device}/stat`, "utf8").trim().split(/ +/)[4]);
	}

	/** Brings the file system's own log to the device, without the data that it speaks of, by flushing a file beside the tree. */
	flushLog(): void {
		const file = openSync(join(this.path, "beside"), "a");
		writeSync(file, "x");
		fsyncSync(file);
		closeSync(file);
	}

	async #mount(): Promise<void> {
		await run("mount", ["-o", mountOptions[this.#fileSystem], this.#image, this.path]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await run("umount", [this.path]);
		await run("rm", ["-rf", this.#image, this.path]);
	}
}

async function copyImage(from: string, to: string): Promise<void> {
	await run("cp", ["--sparse=always", from, to]);
}
