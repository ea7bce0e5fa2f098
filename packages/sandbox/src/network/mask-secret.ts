import { Transform } from "node:stream";

/** Returns the text with a secret replaced by as many asterisks. */
export function maskText(text: string, secret: string): string {
	return text.replaceAll(secret, "*".repeat(Buffer.byteLength(secret)));
}

/** Replaces a secret in a stream by as many asterisks: a server that sends back what it was sent must not tell it. */
export function maskSecret(secret: string): Transform {
	const wanted = Buffer.from(secret, "utf8");
	let held = Buffer.alloc(0);
	return new Transform({
		transform: (chunk: Buffer, _encoding, done) => {
			const bytes = Buffer.concat([held, chunk]);
			for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length)) {
				bytes.fill("*", at, at + wanted.length);
			}
			// Only what could be the secret's beginning waits for what follows.
			let pending = Math.min(wanted.length - 1, bytes.length);
			while (pending > 0 && !bytes.subarray(bytes.length - pending).equals(wanted.subarray(0, pending))) pending--;
			held = bytes.subarray(bytes.length - pending);
			done(null, bytes.subarray(0, bytes.length - pending));
		},
		flush: (done) => done(null, held),
	});
}
