import { Buffer } from "node:buffer";
import { constants, deflateRawSync } from "node:zlib";

const header = Uint8Array.of(0x78, 0x9c);

const adlerModulus = 65_521;

/** Bytes after which a sum of bytes must be reduced to stay a small integer. */
const adlerStride = 3800;

/**
 * Packs chunks as one zlib stream, a chunk at a time: each ends on a byte's boundary, so that they can be packed apart and
 * put behind one another. Node has no synchronous stream of its own. Format: RFC 1950 and 1951.
 */
export function* deflateChunks(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
	yield header;
	const sum = { low: 1, high: 0 };
	let waiting: Uint8Array = Buffer.alloc(0);
	for (const chunk of chunks) {
		if (waiting.length > 0) yield deflateRawSync(waiting, { finishFlush: constants.Z_SYNC_FLUSH });
		addToSum(sum, chunk);
		waiting = chunk;
	}
	yield deflateRawSync(waiting);
	const trailer = Buffer.alloc(4);
	trailer.writeUInt16BE(sum.high, 0);
	trailer.writeUInt16BE(sum.low, 2);
	yield trailer;
}

/** Continues the Adler-32 sum of what was packed. */
function addToSum(sum: { low: number; high: number }, bytes: Uint8Array): void {
	for (let start = 0; start < bytes.length; start += adlerStride) {
		const end = Math.min(bytes.length, start + adlerStride);
		for (let index = start; index < end; index++) {
			sum.low += bytes[index] ?? 0;
			sum.high += sum.low;
		}
		sum.low %= adlerModulus;
		sum.high %= adlerModulus;
	}
}
