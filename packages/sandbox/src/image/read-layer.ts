import { createHash } from "node:crypto";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { RetakeError } from "@retake/base";
import { extract, type Headers } from "tar-stream";

/** A layer of an image: a tar, plain or compressed, that can be read more than once. */
export interface LayerSource {
	/** For messages. */
	readonly name: string;
	readonly open: () => Readable;
	readonly compression: "none" | "gzip" | "zstd";
}

/** Where the bytes of one entry go. */
export interface EntrySink {
	write(bytes: Buffer): void;
	/** The entry was read to its end. */
	end(): void;
}

/** Takes one entry of a tar; nothing where its bytes are not wanted. */
export type TakeEntry = (header: Headers, index: number) => EntrySink | undefined;

/** Reads a layer from beginning to end and returns the SHA-256 of the uncompressed tar. Throws `IMAGE_DAMAGED` where it is none. */
export async function readLayer(layer: LayerSource, take: TakeEntry, signal?: AbortSignal): Promise<string> {
	const digest = createHash("sha256");
	const tar = extract();
	let index = 0;
	tar.on("entry", (header: Headers, content: Readable, next: (error?: Error) => void) => {
		const guarded = (work: () => void): void => {
			try {
				work();
			} catch (cause) {
				tar.destroy(cause instanceof Error ? cause : new Error(String(cause)));
			}
		};
		guarded(() => {
			const sink = take(header, index++);
			if (sink !== undefined) content.on("data", (bytes: Buffer) => guarded(() => sink.write(bytes)));
			content.on("end", () =>
				guarded(() => {
					sink?.end();
					next();
				}),
			);
			content.resume();
		});
	});
	const measure = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
		for await (const chunk of chunks) {
			digest.update(chunk);
			yield chunk;
		}
	};
	try {
		const unpack = decompression(layer);
		const options = signal === undefined ? {} : { signal };
		if (unpack === null) await pipeline(layer.open(), measure, tar, options);
		else await pipeline(layer.open(), unpack, measure, tar, options);
	} catch (cause) {
		signal?.throwIfAborted();
		if (cause instanceof RetakeError || isOfSystem(cause)) throw cause;
		throw new RetakeError("IMAGE_DAMAGED", `cannot read ${layer.name}: ${(cause as Error).message}`, {
			data: { layer: layer.name },
			remedy: "make it again from where it came",
			cause,
		});
	}
	return digest.digest("hex");
}

function decompression({ compression }: LayerSource): Transform | null {
	switch (compression) {
		case "none":
			return null;
		case "gzip":
			return createGunzip();
		case "zstd":
			return createZstdDecompress();
	}
}

/** A full disk is no damage of the archive's. */
function isOfSystem(cause: unknown): boolean {
	return cause instanceof Error && "syscall" in cause;
}
