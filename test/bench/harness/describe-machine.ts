import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** What the figures of a run depend on. */
export interface Machine {
	readonly cores: number;
	readonly processor: string;
	readonly memoryBytes: number;
	readonly kernel: string;
	readonly node: string;
	/** Processes that wanted to run, averaged over the minute before. */
	readonly load: number;
}

/** Describes the machine as it is now. */
export function describeMachine(): Machine {
	return {
		cores: availableParallelism(),
		processor: cpus()[0]?.model ?? "unknown",
		memoryBytes: totalmem(),
		kernel: release(),
		node: process.version,
		load: loadavg()[0] ?? Number.NaN,
	};
}

/** Says it in a line. */
export function machineText({ cores, processor, memoryBytes, kernel, node, load }: Machine): string {
	const memory = `${Math.round(memoryBytes / 1024 ** 3)} GB`;
	return `${cores} cores (${processor}), ${memory}, Linux ${kernel}, Node ${node}, load ${load.toFixed(1)}`;
}
