import { createHash } from "node:crypto";
import { createDeflate, deflateSync } from "node:zlib";
import { chunkBytes } from "../../disk/file-chunks.ts";
import type { GitObjectType } from "./git-object.ts";

// Git's own for loose objects (`core.looseCompression`): a commit waits for it.
const level = 1;

/** Computes the name of an object: SHA-1 over its header and its bytes. */
export function objectName(type: GitObjectType, size: number, chunks: Iterable<Uint8Array>): string {
	const hash = createHash("sha1").update(objectHeader(type, size));
	for (const chunk of chunks) hash.update(chunk);
	return hash.digest("hex");
}

/** Returns what stands before an object's bytes where it is kept by itself. */
export function objectHeader(type: GitObjectType, size: number): Buffer {
	return Buffer.from(`${type} ${size}\0`);
}

/** Packs bytes for git, `size` of them in all: at once where they fit into one chunk, else as they come. */
export async function* deflated(size: number, chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	if (size <= chunkBytes) {
		yield deflateSync(Buffer.concat([...chunks]), { level });
		return;
	}
	const stream = createDeflate({ level });
	const source = chunks[Symbol.iterator]();
	const feed = (): void => {
		for (let next = source.next(); ; next = source.next()) {
			if (next.done) return void stream.end();
			if (!stream.write(next.value)) return void stream.once("drain", feed);
		}
	};
	feed();
	for await (const piece of stream) yield piece as Uint8Array;
}
