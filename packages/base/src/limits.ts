/** What one call of a sandbox may use. Every limit is named with its unit; exceeding one is a result of its own. */
export interface SandboxLimits {
	/** Wall-clock time of one `exec`, milliseconds. */
	readonly timeoutMs: number;
	/** Memory of all processes of one `exec` together, bytes. */
	readonly memoryBytes: number;
	/** Processes and threads of one `exec` together. */
	readonly processes: number;
	/** CPU share, in cores. */
	readonly cpus: number;
	/** What a session may write to its workspace, bytes, over all its layers. */
	readonly diskBytes: number;
	/**
	 * How long the files that one call left may be together, bytes, holes and every name of a hard link counted. What somebody else
	 * reads may be far more than what they take on the disk.
	 */
	readonly logicalBytes: number;
	/** Files and directories that a session may create in its workspace. */
	readonly inodes: number;
	/** Kept of each of standard output and standard error, bytes; the rest is dropped and marked. */
	readonly outputBytes: number;
	/** Open files of one process. */
	readonly openFiles: number;
}

/** The limits in force where the caller names none. */
export const defaultLimits: SandboxLimits = {
	timeoutMs: 120_000,
	memoryBytes: 2 * 1024 ** 3,
	processes: 512,
	cpus: 2,
	diskBytes: 2 * 1024 ** 3,
	logicalBytes: 2 * 1024 ** 3,
	inodes: 500_000,
	outputBytes: 8 * 1024 ** 2,
	openFiles: 4096,
};

/** Names one limit of a sandbox. */
export type LimitName = keyof SandboxLimits;
