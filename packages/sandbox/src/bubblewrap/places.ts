/** Where the parts of a sandbox lie, as the chain of programs that becomes a command reaches them. */
export interface Places {
	readonly base: string;
	/** The layer space: where it is mounted, a file system of its own, so that its bounds are the caller's. */
	readonly layers: string;
	/** What a command sees as `/`. */
	readonly root: string;
	/** Where each command mounts its overlay, in a namespace of its own. */
	readonly workspace: string;
	/** Named pipes for standard input and output. */
	readonly pipes: string;
	/** Directories, one a slot, of short names for layers whose own are too long or too odd for the options of a mount. */
	readonly names: string;
	/** The trees directory once more, where the owner cannot walk down to it and a working directory is not enough. */
	readonly trees: string;
	/** The table of what the holder binds into the root. */
	readonly binds: string;
	/** The compiled seccomp filter. */
	readonly filter: string;
}

/** Lays the parts out under a directory. */
export function placesIn(base: string): Places {
	return {
		base,
		layers: `${base}/layers`,
		root: `${base}/root`,
		workspace: `${base}/workspace`,
		pipes: `${base}/pipes`,
		names: `${base}/n`,
		trees: `${base}/trees`,
		binds: `${base}/binds`,
		filter: `${base}/filter`,
	};
}

/**
 * Inside a holder's mount namespace. The directory is one that every Linux has and that nobody keeps files in; nothing of
 * it is seen by a command, whose root is `root` alone.
 */
export const mountedPlaces: Places = placesIn("/sys/bus");
