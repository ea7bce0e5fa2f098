import { readFileSync, writeFileSync } from "node:fs";
import { RetakeError } from "@retake/base";

/** What an image was on one architecture when its lock was written. */
export interface LockedImage {
	readonly digest: string;
	/** Version of every Debian package in it. */
	readonly packages: Readonly<Record<string, string>>;
}

/** The file `image.lock.json` beside a declaration: by architecture, what it was built to. */
export type ImageLock = Readonly<Record<string, LockedImage>>;

/** Reads a lock; an empty one where there is no file. Throws `USAGE` for a file that is no lock. */
export function readImageLock(path: string): ImageLock {
	try {
		const value: unknown = JSON.parse(readFileSync(path, "utf8"));
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ImageLock;
		throw new SyntaxError("not an object");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw new RetakeError("USAGE", `not a lock of an image: ${path}`, {
			sort: "misuse",
			data: { path },
			remedy: "remove the file and build the image again: it is written anew",
			cause,
		});
	}
}

/** Writes what an image was built to on one architecture; others stay as they are. */
export function writeImageLock(path: string, architecture: string, locked: LockedImage): void {
	const lock = { ...readImageLock(path), [architecture]: locked };
	writeFileSync(path, `${JSON.stringify(lock, null, "\t")}\n`);
}

/** Throws `IMAGE_CHANGED`, naming the packages that moved, where what was built is not what the lock says. */
export function checkLocked(name: string, locked: LockedImage, built: LockedImage): void {
	if (locked.digest === built.digest) return;
	const names = [...new Set([...Object.keys(locked.packages), ...Object.keys(built.packages)])].toSorted();
	const moved = names
		.filter((each) => locked.packages[each] !== built.packages[each])
		.map((each) => `${each} ${locked.packages[each] ?? "none"} -> ${built.packages[each] ?? "none"}`);
	const why = moved.length === 0 ? "the same package versions gave other bytes" : moved.slice(0, 5).join(", ");
	const more = moved.length > 5 ? ` and ${moved.length - 5} more` : "";
	throw new RetakeError("IMAGE_CHANGED", `the image ${name} is not what its lock says: ${why}${more}`, {
		data: { image: name, locked: locked.digest, built: built.digest, moved },
		remedy: `accept what the archive has now: retake image build ${name} --update`,
	});
}
