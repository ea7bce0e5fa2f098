/**
 * Where things lie inside a holder's mount namespace. The directory is one that every Linux has and that nobody keeps
 * files in; nothing of it is seen by a command, whose root is `root` alone.
 */
export const places = {
	base: "/sys/bus",
	/** The layer space: a file system of its own, so that its bounds are the caller's. */
	layers: "/sys/bus/layers",
	/** What a command sees as `/`. */
	root: "/sys/bus/root",
	/** Where each command mounts its overlay, in a namespace of its own. */
	workspace: "/sys/bus/workspace",
	/** Named pipes for standard input and output. */
	pipes: "/sys/bus/pipes",
	/** Directories, one a slot, of short names for layers whose own are too long or too odd for the options of a mount. */
	names: "/sys/bus/n",
	/** The table of what the holder binds into the root. */
	binds: "/sys/bus/binds",
	/** The compiled seccomp filter. */
	filter: "/sys/bus/filter",
} as const;
