import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";

/** Takes every connection that commands make: a way out of the caller's own, in place of an allow-list. Nothing else has a route. */
export interface NetworkDoor {
	/** The names of https servers for which commands are to trust the door. */
	readonly hosts: readonly string[];
	/** Takes a connection; `standIn` has the certificates for `hosts`. */
	accept(connection: Socket, standIn: (host: string) => SecureContext): void;
}
