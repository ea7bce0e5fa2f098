/** Where a daemon listens. */
export type DaemonAddress =
	| {
			/** The daemon's socket, for example `/var/run/docker.sock`. */
			readonly socketPath: string;
	  }
	| { readonly remote: RemoteDaemon };

/**
 * A daemon that listens on TCP, with TLS on both sides: whoever may speak to it is root on its machine. Nothing of this machine's disk is
 * taken to be on that one.
 */
export interface RemoteDaemon {
	readonly host: string;
	readonly port: number;
	/** Certificate of the authority that signed the daemon's, PEM. */
	readonly authority: string;
	/** What this client shows, PEM. */
	readonly certificate: string;
	readonly key: string;
}

/** Returns what a person calls an address. */
export function nameOfAddress(address: DaemonAddress): string {
	return "socketPath" in address ? address.socketPath : `tcp://${address.remote.host}:${address.remote.port}`;
}
