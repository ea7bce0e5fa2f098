import type { Clock } from "@retake/base";
import { createBubblewrapDriver, createDockerDriver, type SandboxDriver } from "@retake/sandbox";
import type { CheckedRuntimeOptions } from "./runtime-options.ts";

/** Makes the sandbox driver that was asked for; null for none. Nothing is started yet. */
export function createDriver(
	name: CheckedRuntimeOptions["sandbox"],
	dockerSocket: string,
	images: string,
	clock: Clock,
): SandboxDriver | null {
	switch (name) {
		case "bubblewrap":
			return createBubblewrapDriver({ images });
		case "docker":
			return createDockerDriver({ socketPath: dockerSocket, clock, images });
		case "none":
			return null;
	}
}
