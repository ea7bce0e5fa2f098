import type { Server, Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { CommandProxy } from "./command-proxy.ts";
import type { NetworkDoor } from "./network-door.ts";

/** Hands every connection of a command to a door of the caller's, which reports on them itself. */
export function serveDoor(
	listening: Server,
	door: NetworkDoor,
	standIn: (host: string) => SecureContext,
): CommandProxy {
	const connections = new Set<Socket>();
	listening.on("connection", (connection: Socket) => {
		connections.add(connection);
		connection.once("close", () => connections.delete(connection));
		door.accept(connection, standIn);
	});
	return {
		close: () => {
			listening.close();
			for (const connection of connections) connection.destroy();
			return null;
		},
	};
}
