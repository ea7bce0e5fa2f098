/** What the first bytes of a connection turned out to be. */
export type FirstWords =
	| { readonly kind: "unfinished" }
	| { readonly kind: "not-tls" }
	| { readonly kind: "tls"; readonly serverName: string | null }
	/** TLS, but not as any client writes it. */
	| { readonly kind: "odd" };

/** The first byte of a client that speaks TLS. */
export const handshakeRecord = 0x16;
const clientHello = 1;
const serverNameExtension = 0;

/**
 * Reads which server the first message of a TLS connection asks for. The message may be spread over several records. Source: RFC 8446,
 * sections 4.1.2 and 5.1; RFC 6066, section 3.
 */
export function readClientHello(bytes: Buffer): FirstWords {
	if (bytes.length === 0) return { kind: "unfinished" };
	if (bytes[0] !== handshakeRecord) return { kind: "not-tls" };
	const parts: Buffer[] = [];
	for (let at = 0; ; ) {
		const message = Buffer.concat(parts);
		const size = message.length < 4 ? null : message.readUIntBE(1, 3) + 4;
		if (message.length > 0 && message[0] !== clientHello) return { kind: "odd" };
		if (size !== null && message.length >= size) return serverNameOf(message.subarray(4, size));
		if (bytes.length < at + 5) return { kind: "unfinished" };
		const length = bytes.readUInt16BE(at + 3);
		if (bytes[at] !== handshakeRecord || bytes[at + 1] !== 3 || length === 0) return { kind: "odd" };
		if (bytes.length < at + 5 + length) return { kind: "unfinished" };
		parts.push(bytes.subarray(at + 5, at + 5 + length));
		at += 5 + length;
	}
}

function serverNameOf(hello: Buffer): FirstWords {
	try {
		// Version and random, then three lists with their lengths before them.
		let at = 34;
		at += 1 + hello.readUInt8(at);
		at += 2 + hello.readUInt16BE(at);
		at += 1 + hello.readUInt8(at);
		const names: string[] = [];
		const end = at === hello.length ? at : at + 2 + hello.readUInt16BE(at);
		if (end > hello.length) return { kind: "odd" };
		for (at += 2; at < end; ) {
			const type = hello.readUInt16BE(at);
			const length = hello.readUInt16BE(at + 2);
			if (type === serverNameExtension) names.push(nameOf(hello.subarray(at + 4, at + 4 + length)));
			at += 4 + length;
		}
		return names.length > 1 ? { kind: "odd" } : { kind: "tls", serverName: names[0] ?? null };
	} catch (cause) {
		if (cause instanceof RangeError) return { kind: "odd" };
		throw cause;
	}
}

/** A list with one entry of type 0, a host's name. */
function nameOf(extension: Buffer): string {
	const length = extension.readUInt16BE(3);
	if (extension.readUInt16BE(0) !== length + 3 || extension.readUInt8(2) !== 0) throw new RangeError("not one name");
	return extension.toString("latin1", 5, 5 + length);
}
