import { constants } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import { OpenDescriptor, openBeneath, tryLockExclusive } from "@retake/linux";

const pollMs = 20;

/**
 * Takes the lock that lets one process at a time commit to a root; disposing of it, or dying, frees it. Waits up to `waitMs`,
 * then throws `STORE_BUSY`.
 */
export async function lockCommits(state: OpenDescriptor, waitMs: number): Promise<OpenDescriptor> {
	const flags = constants.O_CREAT | constants.O_RDWR;
	const file = new OpenDescriptor(openBeneath(state.descriptor, "commit.lock", flags, 0o644));
	for (let waitedMs = 0; ; waitedMs += pollMs) {
		if (tryLockExclusive(file.descriptor)) return file;
		if (waitedMs >= waitMs) {
			file[Symbol.dispose]();
			throw new RetakeError("STORE_BUSY", `another process has been committing here for ${waitMs} ms`, {
				remedy: "wait until it ends and commit again",
				data: { waitMs },
			});
		}
		await pause(pollMs);
	}
}
