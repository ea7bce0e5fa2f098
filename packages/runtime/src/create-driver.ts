import { type Clock, RetakeError } from "@retake/base";
import { createBubblewrapDriver, createDockerDriver, type DaemonAddress, type SandboxDriver } from "@retake/sandbox";
import type { CheckedRuntimeOptions } from "./runtime-options.ts";

/** Makes the sandbox driver that was asked for; null for none. Nothing is started yet. Throws `USAGE` for a way of mounting that is not its. */
export function createDriver(
	name: CheckedRuntimeOptions["sandbox"],
	docker: DaemonAddress,
	images: string,
	clock: Clock,
	layers: CheckedRuntimeOptions["layers"],
): SandboxDriver | null {
	switch (name) {
		case "bubblewrap":
			return createBubblewrapDriver({ images, ...(layers === "auto" ? {} : { layers }) });
		case "docker":
			if (layers !== "auto" && layers !== "overlay" && layers !== "copy") throw daemonMounts(layers);
			return createDockerDriver({ ...docker, clock, images });
		case "none":
			return null;
	}
}

function daemonMounts(layers: string): RetakeError {
	return new RetakeError("USAGE", `with docker the daemon mounts the layers, not ${layers}`, {
		sort: "misuse",
		remedy: "leave layers out, or use the bubblewrap driver",
	});
}

/** Returns where the Docker daemon of a runtime listens. */
export function dockerAddress({ dockerSocket, dockerRemote }: CheckedRuntimeOptions): DaemonAddress {
	return dockerRemote === undefined ? { socketPath: dockerSocket } : { remote: dockerRemote };
}
