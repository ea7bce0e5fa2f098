const spanBytesMax = 64;

/** How many bytes a file has in spans of each hash: a span ends at a line feed or after 64 bytes, as in git. */
export type SpanCounts = ReadonlyMap<number, number>;

/** Cuts bytes into spans and counts them by hash. */
export function countSpans(bytes: Uint8Array): SpanCounts {
	const counts = new Map<number, number>();
	let [hash, length] = [0, 0];
	for (let index = 0; index < bytes.length; index++) {
		const byte = bytes[index] as number;
		hash = (Math.imul(hash, 0x01000193) + byte + 1) | 0;
		length++;
		if (byte !== 0x0a && length < spanBytesMax && index < bytes.length - 1) continue;
		counts.set(hash, (counts.get(hash) ?? 0) + length);
		[hash, length] = [0, 0];
	}
	return counts;
}

/** Counts the bytes that two files share, span by span. */
export function sharedBytes(left: SpanCounts, right: SpanCounts): number {
	let shared = 0;
	for (const [hash, bytes] of left) shared += Math.min(bytes, right.get(hash) ?? 0);
	return shared;
}
