import { type ChainHash, sha256 } from "@retake/base";

/** Begins a run's chain: the hash of its header's bytes, so that the header is under the root hash too. */
export function chainStart(header: Uint8Array): ChainHash {
	return sha256(header) as ChainHash;
}

/** Adds an event to a chain: SHA-256 over the 32 bytes of the previous hash, then the event's bytes. */
export function chainNext(previous: ChainHash, event: Uint8Array): ChainHash {
	const link = Buffer.allocUnsafe(32 + event.byteLength);
	link.write(previous, "hex");
	link.set(event, 32);
	return sha256(link) as ChainHash;
}
