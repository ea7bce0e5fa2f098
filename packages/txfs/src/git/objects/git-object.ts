/** What a git object is. */
export type GitObjectType = "blob" | "tree" | "commit" | "tag";

/** One git object as it stands behind its header. */
export interface GitObject {
	readonly type: GitObjectType;
	readonly bytes: Uint8Array;
}

/** Largest git object that is taken into memory, bytes: what git itself streams beyond (`core.bigFileThreshold`). */
export const objectBytesMax = 512 * 2 ** 20;

/** Returns the name by which a git object's type is known, or null where it is none. */
export function objectTypeOf(name: string): GitObjectType | null {
	switch (name) {
		case "blob":
		case "tree":
		case "commit":
		case "tag":
			return name;
		default:
			return null;
	}
}
