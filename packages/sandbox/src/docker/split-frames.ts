/** Receives the bytes of one frame, or of a part of one. */
export type FrameSink = (stream: "stdout" | "stderr", bytes: Uint8Array) => void;

const headerBytes = 8;

/**
 * Takes apart the daemon's multiplexed stream: frames of a byte for the stream, three of nothing, the length in four bytes
 * (big-endian), the contents. Bytes are handed on as they come: a frame is never held back to be whole.
 * Source: the Engine API's reference, "attach to a container".
 */
export function createFrameSplitter(sink: FrameSink): (chunk: Buffer) => void {
	let header: Buffer = Buffer.alloc(0);
	let stream: "stdout" | "stderr" = "stdout";
	let remaining = 0;

	return (chunk) => {
		let rest = chunk;
		while (rest.length > 0) {
			if (remaining === 0) {
				const missing = headerBytes - header.length;
				header = Buffer.concat([header, rest.subarray(0, missing)]);
				rest = rest.subarray(missing);
				if (header.length < headerBytes) return;
				stream = header[0] === 2 ? "stderr" : "stdout";
				remaining = header.readUInt32BE(4);
				header = Buffer.alloc(0);
				continue;
			}
			const part = rest.subarray(0, remaining);
			rest = rest.subarray(part.length);
			remaining -= part.length;
			sink(stream, part);
		}
	};
}
