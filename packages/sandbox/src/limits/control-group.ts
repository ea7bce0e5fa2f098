import type { SandboxLimits } from "@retake/base";

/** What the kernel counted for one command; null where it does not count it. */
export interface GroupUsage {
	readonly cpuMs: number | null;
	readonly memoryPeakBytes: number | null;
	readonly memoryKills: number;
}

/** The control group of one command. */
export interface ControlGroup {
	/** Files into which a process writes `0` to join. */
	readonly joinPaths: readonly string[];
	/** Host process ids of its live members. */
	members(): readonly number[];
	usage(): GroupUsage;
	/** Removes the group. Its members must be dead. */
	remove(): void;
}

/** Makes a control group for each command of one sandbox. */
export interface ControlGroups {
	/** For people: which version of which controller. */
	readonly enforcement: { readonly memory: string; readonly processes: string; readonly cpus: string | null };
	/** The directories that hold the groups of this sandbox; to be removed, with what is in them, when it ends. */
	readonly directories: readonly string[];
	create(limits: SandboxLimits): ControlGroup;
}
