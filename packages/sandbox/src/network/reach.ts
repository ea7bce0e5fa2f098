import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { rootCertificates, connect as secure, type TLSSocket } from "node:tls";
import { isLiteral } from "./authority.ts";
import { networkLimits } from "./network-limits.ts";
import { NetworkRefusal, refusalOf } from "./network-refusal.ts";

/** Connects to the first of some addresses that answers. Throws `NetworkRefusal`; the signal destroys what was made. */
export async function reach(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
	let last: unknown = new NetworkRefusal("failed", "unreachable");
	for (const host of addresses) {
		// The peer may close its side and still be written to. The end of a request must not wait until its head was acknowledged.
		const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
		try {
			await settled(socket, "connect", signal);
			return socket;
		} catch (cause) {
			socket.destroy();
			last = cause;
		}
		if (signal.aborted) break;
	}
	throw refusalOf(last);
}

/** Speaks TLS on a connection and checks that the certificate is the host's. Throws `NetworkRefusal`. */
export async function reachSecurely(
	socket: Socket,
	host: string,
	authorities: readonly string[],
	signal: AbortSignal,
): Promise<TLSSocket> {
	const trusted = authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] };
	const name = isLiteral(host) ? {} : { servername: host };
	const encrypted = secure({ socket, host, ...name, ...trusted, ALPNProtocols: ["http/1.1"] });
	try {
		await settled(encrypted, "secureConnect", signal);
		return encrypted;
	} catch (cause) {
		encrypted.destroy();
		socket.destroy();
		throw refusalOf(cause);
	}
}

async function settled(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
	const patience = AbortSignal.any([signal, AbortSignal.timeout(networkLimits.connectMs)]);
	await once(socket, event, { signal: patience });
	socket.setTimeout(networkLimits.idleMs, () => socket.destroy());
}
