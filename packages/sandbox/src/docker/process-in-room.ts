import { readFileSync } from "node:fs";
import { RetakeError } from "@retake/base";
import type { Room } from "./room.ts";

/**
 * Returns the id of a room's first process where it is the same process here: the daemon may count in another process namespace.
 * Throws `SANDBOX_UNAVAILABLE` where it does.
 */
export function processInRoom({ processId, containerId }: Pick<Room, "processId" | "containerId">): number {
	if (readGroups(processId).includes(containerId)) return processId;
	throw new RetakeError(
		"SANDBOX_UNAVAILABLE",
		"the daemon's processes are not seen from here, so no allow-list can be kept",
		{
			remedy: "run in the process namespace of the daemon's machine, or use the bubblewrap driver",
		},
	);
}

/** The daemon names the control groups of a container by its id. */
function readGroups(processId: number): string {
	try {
		return readFileSync(`/proc/${processId}/cgroup`, "latin1");
	} catch {
		return "";
	}
}
