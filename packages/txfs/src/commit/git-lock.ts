import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import { gitDirectoryOf } from "../git/find-repository.ts";

const pollMs = 20;

/**
 * Waits while git has the index of a working tree locked, as it has while it checks out, stashes or merges: what it then does to
 * files and what a commit does to them would be mixed. Throws `STORE_BUSY` after `waitMs`.
 */
export async function awaitGitIndex(root: string, waitMs: number): Promise<void> {
	const gitDirectory = gitDirectoryOf(root);
	if (gitDirectory === null) return;
	const lock = join(gitDirectory, "index.lock");
	for (let waitedMs = 0; existsSync(lock); waitedMs += pollMs) {
		if (waitedMs >= waitMs) {
			throw new RetakeError("STORE_BUSY", `git has been at work in ${root} for more than ${waitMs} ms`, {
				remedy: `wait until it ends and commit again; where no git runs there any more, remove ${lock}`,
				data: { lock, waitMs },
			});
		}
		await pause(pollMs);
	}
}
