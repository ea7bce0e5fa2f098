import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
// Not by the entry file, which rightly keeps this to itself.
import { nativeLibrary } from "../../../packages/linux/src/native-library.ts";

/** A defence that a control goes without. */
export type DefenceName = keyof typeof switches;

const switches = {
	/** A write that failed, or wrote less than was asked for, counts as done. */
	"checked-writes": () => {
		const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
		fs.writeSync = ((descriptor: number, bytes: Uint8Array | string, ...rest: unknown[]) => {
			const wanted = bytes.length - (typeof rest[0] === "number" && rest.length > 1 ? rest[0] : 0);
			try {
				write(descriptor, bytes, ...rest);
			} catch (error) {
				if (!(error instanceof Error && "syscall" in error)) throw error;
			}
			return wanted;
		}) as typeof fs.writeSync;
		syncBuiltinESMExports();
	},
	/** What stands at a path is renamed over instead of being swapped out. */
	exchange: () => {
		const library = nativeLibrary();
		const properly = library.renameat2.bind(library);
		library.renameat2 = (oldDirectory, oldName, newDirectory, newName, flags) => {
			// Within one directory a commit only tries whether it can swap at all.
			const isPublished = oldDirectory !== newDirectory;
			const isDone = isPublished && library.renameat(oldDirectory, oldName, newDirectory, newName) === 0;
			// A directory cannot be renamed over, so that the commit would end there.
			return isDone ? 0 : properly(oldDirectory, oldName, newDirectory, newName, flags);
		};
	},
	/** Everybody gets the lock at once. */
	lock: () => {
		nativeLibrary().flock = () => 0;
	},
} satisfies Record<string, () => void>;

/** Takes a defence away from this process. Only for controls; the product has no such switch. */
export function goWithout(defence: DefenceName): void {
	switches[defence]();
}

/** Has this process write at most half of what is asked for at a time, as a kernel may. */
export function writeByHalves(): void {
	const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
	fs.writeSync = ((descriptor: number, bytes: Uint8Array | string, ...rest: unknown[]) => {
		if (typeof bytes === "string" || bytes.length < 2) return write(descriptor, bytes, ...rest);
		const [offset = 0, length = bytes.length - Number(offset), position = null] = rest;
		return write(descriptor, bytes, offset, Math.max(1, Math.floor(Number(length) / 2)), position);
	}) as typeof fs.writeSync;
	syncBuiltinESMExports();
}
