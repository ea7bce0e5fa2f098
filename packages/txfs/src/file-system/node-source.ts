import type { TreeEntry } from "@retake/changeset";

/** What a source tells of one entry without its contents. Modes are the nine permission bits. */
export type SourceEntry =
	| { readonly kind: "file"; readonly mode: number; readonly size: number }
	| { readonly kind: "directory"; readonly mode: number }
	| { readonly kind: "symlink"; readonly target: string };

/** Where nodes of a file system come from until they are written to. It does not change while they are read. */
export interface NodeSource {
	/** Lists a directory; `""` is the source's root. */
	entries(path: string): readonly TreeEntry[];
	/** Describes what is at a path, which `entries` has listed. */
	describe(path: string): SourceEntry;
	/** Yields a file's bytes in order. */
	chunks(path: string): Iterable<Uint8Array>;
}

/** A place in a source. */
export interface Origin {
	readonly source: NodeSource;
	readonly path: string;
}

/** Joins a source's directory and a name in it. */
export function childOf(path: string, name: string): string {
	return path === "" ? name : `${path}/${name}`;
}
