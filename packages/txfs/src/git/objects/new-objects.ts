import type { GitObjectType } from "./git-object.ts";

/** Takes new objects of a repository. None can be found in it before `publish`. */
export interface NewObjects extends Disposable {
	/** Adds an object of `size` bytes, unless the repository has it, and returns its name. Its chunks are asked for twice. */
	add(type: GitObjectType, size: number, chunks: () => Iterable<Uint8Array>): Promise<string>;
	/** Makes everything added durable and then visible. What is not published is removed by disposal. */
	publish(): void;
}

/** So many new objects are kept as a pack, fewer each by itself. Source: git's default of `fetch.unpackLimit`. */
export const packedObjectsMin = 100;
