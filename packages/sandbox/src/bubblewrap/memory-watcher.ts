import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@retake/base";
import type { NamespaceInit } from "./namespace-init.ts";
import { namespaceMemory, type ProcessMemory, proportionalMemory } from "./namespace-memory.ts";
import { privatePlacesUsed } from "./private-places.ts";
import { createProcessFileReader } from "./process-file-reader.ts";

/** How long it is from one look to the next, milliseconds. */
export const lookEveryMs = 25;

/** A look at many processes takes long: after it we rest so many times as long, and take a fifth of a core at most. */
const restPerLook = 4;

/** A child that has not yet become another program shows all its parent's memory as its own: only what lasts is too much. */
const confirmAfterMs = 5;

/** How long counting by shares may take, milliseconds. Who makes it take longer is counted in full. */
const confirmMsMax = 50;

/** What a watcher looks at. */
export interface MemoryWatch {
	readonly init: NamespaceInit;
	readonly memoryBytes: number;
	/** Size of each of the command's private places. */
	readonly placeBytes: number;
	readonly clock: Clock;
	/** Called once, when the command holds more than `memoryBytes`. */
	readonly onExceeded: () => void;
}

/** Looks at a command's memory from time to time. */
export interface MemoryWatcher {
	/** Settles when it has stopped: with the most bytes that it saw at once. Rejects with what it broke on. */
	readonly ended: Promise<number>;
	stop(): void;
}

/**
 * Watches the memory of a command that no control group holds: resident pages of all its processes, and what lies in
 * its private places. What is allocated between two looks is seen after it was allocated; what no process has mapped
 * (an unmapped memfd, a socket's buffer) is not seen. A blocked event loop makes a look late, as it does a deadline.
 */
export function watchMemory(watch: MemoryWatch): MemoryWatcher {
	const stopping = new AbortController();
	return { ended: lookUntil(stopping.signal, watch), stop: () => stopping.abort() };
}

async function lookUntil(stopping: AbortSignal, watch: MemoryWatch): Promise<number> {
	const { init, memoryBytes, placeBytes, clock } = watch;
	const read = createProcessFileReader();
	const look = (): Look => ({
		processes: namespaceMemory(init.processId, read),
		placesUsed: privatePlacesUsed(init.processId, placeBytes),
	});
	let peakBytes = 0;
	while (!stopping.aborted) {
		const startedAt = clock.monotonic();
		let heldBytes = bytesOf(look());
		if (heldBytes > memoryBytes) {
			await sleep(confirmAfterMs);
			if (stopping.aborted) break;
			heldBytes = bytesOf(await countedByShares(look(), clock));
		}
		peakBytes = Math.max(peakBytes, heldBytes);
		// Its id may be another process's by now.
		if (heldBytes > memoryBytes && init.isAlive()) {
			watch.onExceeded();
			break;
		}
		const tookMs = millisecondsSince(startedAt, clock);
		await pause(Math.max(lookEveryMs - tookMs, tookMs * restPerLook), stopping);
	}
	return peakBytes;
}

interface Look {
	readonly processes: readonly ProcessMemory[];
	readonly placesUsed: number;
}

/** A file of a private place that is mapped is in both: the greater of the two is less than twice too little, never too much. */
function bytesOf({ processes, placesUsed }: Look): number {
	let anonymous = 0;
	let shared = 0;
	for (const each of processes) {
		anonymous += each.anonymous;
		shared += each.shared;
	}
	return anonymous + Math.max(shared, placesUsed);
}

async function countedByShares({ processes, placesUsed }: Look, clock: Clock): Promise<Look> {
	const startedAt = clock.monotonic();
	const counted: ProcessMemory[] = [];
	for (const each of processes) {
		const isLate = millisecondsSince(startedAt, clock) > confirmMsMax;
		counted.push(isLate ? each : await proportionalMemory(each));
	}
	return { processes: counted, placesUsed };
}

function millisecondsSince(startedAt: bigint, clock: Clock): number {
	return Number(clock.monotonic() - startedAt) / 1e6;
}

async function pause(waitMs: number, stopping: AbortSignal): Promise<void> {
	try {
		await sleep(waitMs, undefined, { signal: stopping });
	} catch (cause) {
		if (!stopping.aborted) throw cause;
	}
}
