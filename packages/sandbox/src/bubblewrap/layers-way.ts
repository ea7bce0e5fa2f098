/**
 * How the layers of a workspace become one tree, in the order in which the ways are tried: the kernel's overlay mounted in
 * a user namespace that `unshare` makes, bubblewrap's own, fuse-overlayfs in such a namespace, and a plain copy of the whole tree.
 */
export const layersWays = ["unshare", "bwrap", "fuse-overlayfs", "copy"] as const;

/** One of the ways. */
export type LayersWay = (typeof layersWays)[number];

/** What a sandbox stands on: a way, and whether `unshare` makes namespaces at all. */
export interface Footing {
	readonly way: LayersWay;
	/**
	 * Without, nothing is mounted before bwrap is started: an ordinary user's layers lie on disk, unbounded, and commands have no way
	 * into each other's network.
	 */
	readonly hasNamespaces: boolean;
}

/** Tells whether the user must do without mounts of the sandbox's own; root needs no user namespace to have some. */
export function isPlain({ way, hasNamespaces }: Footing, isRoot: boolean): boolean {
	return !isRoot && (way === "bwrap" || !hasNamespaces);
}

/** Tells whether bwrap is started without a user namespace around it. */
export function isBare({ way, hasNamespaces }: Footing): boolean {
	return way === "bwrap" || !hasNamespaces;
}

/** Tells whether an overlay is the work of a process of its own, which lives as long as the mount. */
export function hasMounter({ way }: Pick<Footing, "way">): boolean {
	return way === "fuse-overlayfs";
}
