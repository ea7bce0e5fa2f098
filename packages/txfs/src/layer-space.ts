/** A directory that a sandbox can mount from, bounded in bytes and inodes, in which a transaction keeps its writable layers. */
export interface LayerSpace {
	/** Path by which this process reaches the directory. */
	readonly root: string;
	/** How many layers one mount takes; a deeper stack is folded first. */
	readonly layersMax: number;
	/**
	 * Whether what mounts layers takes the names that one file has in a read-only layer for one file, and writes under any of them. A name
	 * is then given a file of its own when its layer is frozen, as an overlay of the kernel's does when it is written to.
	 */
	readonly joinsNames?: boolean;
}

/** The unprivileged owner of every file of snapshots and layers; null where this process already runs as that owner. */
export interface TreeOwner {
	readonly uid: number;
	readonly gid: number;
}
