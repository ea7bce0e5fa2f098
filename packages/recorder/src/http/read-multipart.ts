/** A part of a multipart body. */
export interface BodyPart {
	/** Lower case, last one of a name wins. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

/** Takes a multipart body apart (RFC 2046, section 5.1.1). Returns null where it is none with that boundary. */
export function readMultipart(bytes: Uint8Array, boundary: string): readonly BodyPart[] | null {
	const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const dashes = Buffer.from(`--${boundary}`, "latin1");
	const between = Buffer.concat([Buffer.from("\r\n"), dashes]);
	if (boundary === "" || body.indexOf(dashes) !== 0) return null;
	const parts: BodyPart[] = [];
	let at = dashes.byteLength;
	while (body.subarray(at, at + 2).toString("latin1") === "\r\n") {
		const end = body.indexOf(between, at);
		if (end === -1) return null;
		parts.push(readPart(body.subarray(at + 2, end)));
		at = end + between.byteLength;
	}
	return body.subarray(at, at + 2).toString("latin1") === "--" ? parts : null;
}

function readPart(part: Buffer): BodyPart {
	const isBare = part.subarray(0, 2).toString("latin1") === "\r\n";
	const headersEnd = isBare ? 0 : part.indexOf("\r\n\r\n");
	if (headersEnd === -1) return { headers: {}, body: part };
	const lines = part.subarray(0, headersEnd).toString("utf8").split("\r\n");
	const headers = lines
		.filter((line) => line.includes(":"))
		.map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
	return { headers: Object.fromEntries(headers), body: part.subarray(headersEnd + (isBare ? 2 : 4)) };
}
