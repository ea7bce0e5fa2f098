import { constants, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import { isSystemCallError, lockHolder, OpenDescriptor, openBeneath, tryLockExclusive } from "@retake/linux";

const pollMs = 20;
const commandLengthMax = 300;

/** How long a commit waits for another before it tells whom it waits for, milliseconds. */
const lockNoticeMs = 1_000;

/** What keeps others from committing to a root. */
export interface LockHolder {
	/** Null where it cannot be seen from here. */
	readonly processId: number | null;
	/** The program and its arguments; null where they cannot be seen. */
	readonly command: string | null;
}

/** How long a lock is waited for, milliseconds, and who is told once of a wait that takes over a second. */
export interface LockWait {
	readonly waitMs: number;
	readonly onWait?: (holder: LockHolder) => void;
}

/** Makes a wait of it, with or without somebody to tell. */
export function lockWait(waitMs: number, onWait: LockWait["onWait"]): LockWait {
	return onWait === undefined ? { waitMs } : { waitMs, onWait };
}

/**
 * Takes the lock that lets one process at a time commit to a root; disposing of it, or dying, frees it. Waits up to `waitMs`,
 * then throws `STORE_BUSY`, which names the holder.
 */
export async function lockCommits(state: OpenDescriptor, { waitMs, onWait }: LockWait): Promise<OpenDescriptor> {
	const flags = constants.O_CREAT | constants.O_RDWR;
	using opened = new DisposableStack();
	const file = opened.use(new OpenDescriptor(openBeneath(state.descriptor, "commit.lock", flags, 0o644)));
	for (let waitedMs = 0; ; waitedMs += pollMs) {
		if (tryLockExclusive(file.descriptor)) {
			opened.move();
			return file;
		}
		if (waitedMs >= waitMs) throw busy(findHolder(file), waitMs);
		if (waitedMs === lockNoticeMs) onWait?.(findHolder(file));
		await pause(pollMs);
	}
}

/** Says who holds a lock, for people. */
export function describeHolder({ processId, command }: LockHolder): string {
	if (processId === null) return "another process";
	return `process ${processId}${command === null ? "" : ` (${command})`}`;
}

function findHolder(file: OpenDescriptor): LockHolder {
	const processId = lockHolder(file.descriptor);
	return { processId, command: processId === null ? null : commandOf(processId) };
}

function commandOf(processId: number): string | null {
	try {
		const words = readFileSync(`/proc/${processId}/cmdline`, "utf8").split("\0");
		return words.join(" ").trim().slice(0, commandLengthMax) || null;
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ESRCH", "EACCES")) return null;
		throw error;
	}
}

function busy(holder: LockHolder, waitMs: number): RetakeError {
	const who = describeHolder(holder);
	return new RetakeError("STORE_BUSY", `${who} has been committing here for more than ${waitMs} ms`, {
		remedy:
			"wait until it ends and commit again; if it hangs, end it: that frees the lock, and what it left is recovered",
		data: { waitMs, ...holder },
	});
}
