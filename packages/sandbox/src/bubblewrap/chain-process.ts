import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { constants as systemConstants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { closeOnExecFrom, openPipe, reapProgram, startProgram } from "@retake/linux";
import type { ControlGroup } from "../limits/control-group.ts";
import { whenAborted } from "../when-aborted.ts";
import type { CommandStreams } from "./pipe-slots.ts";

const reapEveryMsMax = 5;

/** The chain of programs that becomes a command. */
export interface ChainProcess {
	/** Its process id, and that of its group. */
	readonly processId: number;
	/** What bwrap says of it. */
	readonly status: Readable;
	/** Where the command is let go; null where it does not wait. */
	readonly gate: Writable | null;
	/** Ends with the process that mounts its workspace, also where nobody has reaped that; null where there is none. */
	readonly mounter: Readable | null;
	/** Resolves when it has ended: after its status has, or, once `hurry` is aborted, after a kill. */
	ended(hurry: AbortSignal): Promise<ChainEnd>;
}

/** How the outermost process ended. */
export interface ChainEnd {
	readonly exitCode: number | null;
	readonly signal: string | null;
}

/** What a chain is started with. */
export interface ChainStart {
	readonly line: readonly string[];
	readonly streams: CommandStreams;
	readonly group: ControlGroup | null;
	readonly isGated: boolean;
	readonly hasMounter: boolean;
}

/**
 * Starts a chain: descriptors 0 to 2 are the command's own streams, 3 bwrap's status, then those of its control groups, its gate, and
 * what its mounter holds as long as it lives.
 * Null where the kernel does not take so many or so long arguments.
 */
export function startChain({ line, streams, group, isGated, hasMounter }: ChainStart): ChainProcess | null {
	const [program = "", ...rest] = line;
	const passed: number[] = [];
	const kept: number[] = [];
	const pass = (descriptor: number): number => {
		passed.push(descriptor);
		return descriptor;
	};
	try {
		// What this process was started with itself, a terminal's or a job server's, is not the candidate's to have.
		closeOnExecFrom(3);
		const said = openPipe("read");
		kept.push(said.read);
		const [input, ...outputs] = streams.descriptors;
		const descriptors = [
			input === "ignore" ? pass(openSync("/dev/null", constants.O_RDONLY)) : input,
			...outputs,
			pass(said.write),
			...(group?.joinPaths ?? []).map((path) => pass(openSync(path, "w"))),
		];
		const letting = isGated ? openPipe("write") : null;
		if (letting !== null) {
			kept.push(letting.write);
			descriptors.push(pass(letting.read));
		}
		const holding = hasMounter ? openPipe("read") : null;
		if (holding !== null) {
			kept.push(holding.read);
			descriptors.push(pass(holding.write));
		}
		const processId = startProgram({ argv: [program, ...rest], env: {}, descriptors });
		const status = new Socket({ fd: said.read, readable: true, writable: false });
		const gate = letting === null ? null : new Socket({ fd: letting.write, readable: false, writable: true });
		const mounter = holding === null ? null : new Socket({ fd: holding.read, readable: true, writable: false });
		return { processId, status, gate, mounter, ended: (hurry) => ended(processId, status, hurry) };
	} catch (cause) {
		for (const descriptor of kept) closeSync(descriptor);
		for (const stream of [streams.stdin, streams.stdout, streams.stderr]) stream?.destroy();
		if ((cause as NodeJS.ErrnoException).code === "E2BIG") return null;
		throw cause;
	} finally {
		for (const descriptor of passed) closeSync(descriptor);
		streams.closeCommandEnds();
	}
}

async function ended(processId: number, status: Readable, hurry: AbortSignal): Promise<ChainEnd> {
	await Promise.race([finished(status, { writable: false }).catch(() => undefined), whenAborted(hurry)]);
	for (let waitMs = 0; ; waitMs = Math.min(waitMs + 1, reapEveryMsMax)) {
		const end = reapProgram(processId);
		if (end !== null) return { exitCode: end.exitCode, signal: nameOf(end.signal) };
		await (waitMs === 0 ? new Promise(setImmediate) : sleep(waitMs));
	}
}

function nameOf(signal: number | null): string | null {
	if (signal === null) return null;
	const found = Object.entries(systemConstants.signals).find(([, number]) => number === signal);
	return found?.[0] ?? `signal ${signal}`;
}
