import { assert, RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { proxyPort } from "../network/network-environment.ts";
import type { ExecRequest, Loopback } from "../sandbox.ts";
import { withDaemonRemoval } from "./docker-client.ts";
import { startHolder } from "./layer-volume.ts";
import type { RoomSettings } from "./room-settings.ts";
import type { RoomWish } from "./site.ts";

/** The network of one command. */
export interface CommandNetwork extends Disposable {
	readonly mode: RoomWish["network"];
	/** Where its proxy listens: commands that share a loopback have each a port of their own. */
	readonly port: number;
}

/** The loopbacks of one sandbox. */
export interface DockerLoopbacks {
	/** Throws `SANDBOX_FAILED` where the daemon does. */
	open(): Promise<Loopback>;
	/** Returns the network that a request asks for. Throws `USAGE` for a loopback that is closed or another sandbox's. */
	networkOf(request: Pick<ExecRequest, "network">): CommandNetwork;
	/** Closes all that are open. */
	close(): Promise<void>;
}

interface Kept {
	readonly containerId: string;
	readonly ports: Set<number>;
}

/** Makes networks that are nothing but a loopback interface: each is that of a container which does nothing else. */
export function createDockerLoopbacks(
	docker: Docker,
	settings: Pick<RoomSettings, "session" | "imageId" | "runtime">,
	isSharedKernel: boolean,
): DockerLoopbacks {
	const open = new Map<Loopback, Kept>();
	return {
		open: async () => {
			if (!isSharedKernel) throw noLoopback(settings.runtime);
			const holder = await startHolder(docker, {}, settings);
			const loopback: Loopback = {
				kind: "loopback",
				[Symbol.asyncDispose]: async () => {
					open.delete(loopback);
					await withDaemonRemoval("cannot remove a loopback", () => holder.remove({ force: true, v: true }));
				},
			};
			open.set(loopback, { containerId: holder.id, ports: new Set() });
			return loopback;
		},
		networkOf: ({ network }) => {
			if (network === "none") return { mode: "none", port: proxyPort, [Symbol.dispose]: () => undefined };
			const kept = open.get(network);
			if (kept !== undefined) return commandOn(kept);
			throw new RetakeError("USAGE", "the loopback is closed, or another sandbox's", {
				sort: "misuse",
				remedy: "open one with this sandbox's openLoopback",
			});
		},
		close: async () => {
			await Promise.all([...open.keys()].map((loopback) => loopback[Symbol.asyncDispose]()));
		},
	};
}

function commandOn({ containerId, ports }: Kept): CommandNetwork {
	let port = proxyPort;
	while (ports.has(port)) port++;
	assert(port < 2 ** 16, "a loopback has as many ports as commands");
	ports.add(port);
	return { mode: `container:${containerId}`, port, [Symbol.dispose]: () => void ports.delete(port) };
}

/** A runtime with a kernel of its own has a loopback in each container, whatever network the daemon gives it. */
function noLoopback(runtime: string | undefined): RetakeError {
	return new RetakeError("SANDBOX_UNAVAILABLE", `commands cannot share a loopback under the runtime ${runtime}`, {
		remedy: "use the runtime runc or the bubblewrap driver, or run both programs in one command",
	});
}
