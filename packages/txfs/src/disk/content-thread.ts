import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { assert, type BlobId } from "@retake/base";
import { evenChunks, PiecePacker, pieceBytesMax } from "@retake/changeset";
import type { ContentAnswer, ContentRequest, ContentThreadData } from "./content-keeper.ts";
import { sparseChunks } from "./sparse-file.ts";

// What the thread of a `ContentKeeper` runs: it answers each file with its pieces, packed, and then its hash.
assert(parentPort !== null, "this module runs on a thread of its own");
const port = parentPort;
const { ahead, piecesAheadMax } = workerData as ContentThreadData;
const packer = new PiecePacker();

port.on("message", ({ descriptor, size, extents }: ContentRequest) => {
	try {
		const digest = createHash("sha256");
		let bytes = 0;
		for (const chunk of evenChunks(sparseChunks(descriptor, size, extents), pieceBytesMax)) {
			digest.update(chunk);
			bytes += chunk.byteLength;
			const packed = packer.pack(chunk);
			// A copy of just these bytes changes hands; what they lie in may be larger, and is used again.
			const own = new Uint8Array(packed.bytes);
			waitForRoom();
			Atomics.add(ahead, 0, 1);
			const answer: ContentAnswer = { kind: "piece", piece: { encoding: packed.encoding, bytes: own } };
			port.postMessage(answer, [own.buffer]);
		}
		port.postMessage({ kind: "read", id: digest.digest("hex") as BlobId, size: bytes } satisfies ContentAnswer);
	} catch (error) {
		port.postMessage({ kind: "failed", error } satisfies ContentAnswer);
	}
});

function waitForRoom(): void {
	for (let count = Atomics.load(ahead, 0); count >= piecesAheadMax; count = Atomics.load(ahead, 0)) {
		Atomics.wait(ahead, 0, count);
	}
}
