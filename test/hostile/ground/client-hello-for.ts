import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** Returns the first bytes that a TLS client sends to a server of this name. */
export function clientHelloFor(servername: string): Promise<Buffer> {
	return new Promise((resolve) => {
		const wire = new Duplex({
			read: () => undefined,
			write: (chunk: Buffer, _encoding, done) => {
				resolve(chunk);
				done();
			},
		});
		connect({ socket: wire, servername }).on("error", () => undefined);
	});
}
