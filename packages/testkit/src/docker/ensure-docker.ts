import { request } from "node:http";
import { DockerDaemon } from "./docker-daemon.ts";

/** A daemon that answers. */
export interface DockerFixture {
	readonly socketPath: string;
	/** The daemon's process where the fixture started it; else null. */
	readonly processId: number | null;
	/** Stops the daemon and removes what it wrote, where the fixture started it; else does nothing. */
	stop(): Promise<void>;
}

/**
 * Returns a Docker daemon: the one that answers on `socketPath` (`/var/run/docker.sock` unless told otherwise), or one of its
 * own in a scratch directory, which needs root and `/usr/sbin/dockerd`. Throws with the daemon's last lines where that does not start.
 */
export async function ensureDocker(options: { readonly socketPath?: string } = {}): Promise<DockerFixture> {
	const socketPath = options.socketPath ?? "/var/run/docker.sock";
	if (await answers(socketPath)) return { socketPath, processId: null, stop: async () => {} };
	if (process.getuid?.() !== 0) {
		throw new Error(`no Docker daemon answers on ${socketPath}, and only root can start one: systemctl start docker`);
	}
	const failures: unknown[] = [];
	for (const storageDriver of ["overlay2", "vfs"] as const) {
		const daemon = new DockerDaemon(storageDriver);
		try {
			await daemon.ready(() => answers(daemon.socketPath));
			return { socketPath: daemon.socketPath, processId: daemon.processId, stop: () => daemon.stop() };
		} catch (error) {
			failures.push(error);
			await daemon.stop();
		}
	}
	throw new AggregateError(failures, `dockerd does not start:\n${failures.map(String).join("\n")}`);
}

/** Tells whether a daemon answers on a socket within two seconds. */
export function answers(socketPath: string): Promise<boolean> {
	return new Promise((resolve) => {
		const ping = request({ socketPath, path: "/_ping", timeout: 2000 }, (response) => {
			response.resume();
			resolve(response.statusCode === 200);
		});
		ping.on("timeout", () => ping.destroy());
		ping.on("error", () => resolve(false));
		ping.end();
	});
}
