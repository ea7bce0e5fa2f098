import type * as nodeFileSystem from "node:fs";
import { createFsFromVolume, Volume } from "memfs";
import { adjustFace } from "./adjusted-face.ts";
import { systemError } from "./system-error.ts";
import type { ViewSuperblock } from "./view-superblock.ts";

/** The shape of `node:fs`. */
export type FileSystem = typeof nodeFileSystem;

/** What a view cannot offer, and why. Each of them fails with `ENOSYS`, in all of its forms. */
export const unofferedCalls = {
	watch: "a transaction changes by its own steps alone",
	watchFile: "a transaction changes by its own steps alone",
	unwatchFile: "a transaction changes by its own steps alone",
	statfs: "a transaction lies on no one file system",
	chown: "a changeset holds no owners",
	fchown: "a changeset holds no owners",
	lchown: "a changeset holds no owners",
	lchmod: "Linux has no modes of links",
} as const satisfies Partial<Record<string, string>>;

/** Makes the face of `node:fs` over a superblock: memfs's own, but for what the two do differently. */
export function createFileSystem(superblock: ViewSuperblock): FileSystem {
	const volume = new Volume(superblock);
	const face = createFsFromVolume(volume);
	const changed: Record<string, unknown> = {};
	const promises: Record<string, unknown> = {};
	adjustFace(face as unknown as FileSystem, superblock, changed, promises);
	for (const [call, reason] of Object.entries(unofferedCalls)) {
		const failure = (path: unknown): Error => {
			const error = systemError("ENOSYS", call, typeof path === "string" ? path : undefined);
			error.message += ` (${reason})`;
			return error;
		};
		promises[call] = async (path: unknown) => Promise.reject(failure(path));
		changed[`${call}Sync`] = (path: unknown) => {
			throw failure(path);
		};
		changed[call] = (path: unknown, ...rest: readonly unknown[]) => {
			const callback = call.startsWith("watch") || call.startsWith("unwatch") ? undefined : rest.at(-1);
			if (typeof callback !== "function") throw failure(path);
			queueMicrotask(() => callback(failure(path)));
		};
	}
	Object.assign(face.promises, promises);
	return Object.assign(face, changed) as unknown as FileSystem;
}
