import type { Server, Socket } from "node:net";
import { rootCertificates } from "node:tls";
import { assert, type Clock, type Randomness } from "@retake/base";
import { type NamespaceListener, openNamespaceListener } from "./namespace-listener.ts";
import type { NetworkDoor } from "./network-door.ts";
import { certificateFiles, networkEnvironment } from "./network-environment.ts";
import type { SandboxNetwork } from "./sandbox-network.ts";
import { createThrowawayAuthority } from "./throwaway-authority.ts";

/** Makes the network of a sandbox whose every connection goes through a door of the caller's. */
export function openNetworkDoor(
	door: NetworkDoor,
	ports: { readonly clock: Clock; readonly randomness: Randomness },
): SandboxNetwork {
	const authority = door.hosts.length === 0 ? null : createThrowawayAuthority(door.hosts, ports);
	let listener: Promise<NamespaceListener> | null = null;
	const hand = (connection: Socket): void =>
		door.accept(connection, (host) => {
			assert(authority !== null, "only hosts that were named have a stand-in");
			return authority.standIn(host);
		});
	return {
		environment: (port) => networkEnvironment(port, authority !== null),
		files:
			authority === null
				? {}
				: {
						[certificateFiles.own]: authority.certificate,
						[certificateFiles.all]: [...rootCertificates, authority.certificate].join("\n"),
					},
		prepare: async (enter) => {
			listener ??= openNamespaceListener(enter);
			await listener;
		},
		serve: async (processId, port) => {
			assert(listener !== null, "a network is prepared before it serves");
			return handOver(await (await listener).listen(processId, port), hand);
		},
		[Symbol.asyncDispose]: async () => {
			const opened = await listener?.catch(() => null);
			await opened?.[Symbol.asyncDispose]();
		},
	};
}

function handOver(server: Server, hand: (connection: Socket) => void) {
	const connections = new Set<Socket>();
	server.on("connection", (connection: Socket) => {
		connections.add(connection);
		connection.once("close", () => connections.delete(connection));
		hand(connection);
	});
	return {
		close: () => {
			server.close();
			for (const connection of connections) connection.destroy();
			return null;
		},
	};
}
