import type { Transform } from "node:stream";
import { promisify } from "node:util";
import {
	brotliDecompress,
	createBrotliDecompress,
	createGunzip,
	createInflate,
	createZstdDecompress,
	gunzip,
	inflate,
	zstdDecompress,
} from "node:zlib";
import { RetakeError } from "@retake/base";

type Decode = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

interface Coding {
	readonly decode: Decode;
	readonly stream: () => Transform;
}

const codings: ReadonlyMap<string, Coding> = new Map<string, Coding>([
	["gzip", { decode: promisify(gunzip) as Decode, stream: createGunzip }],
	["x-gzip", { decode: promisify(gunzip) as Decode, stream: createGunzip }],
	["deflate", { decode: promisify(inflate) as Decode, stream: createInflate }],
	["br", { decode: promisify(brotliDecompress) as Decode, stream: createBrotliDecompress }],
	["zstd", { decode: promisify(zstdDecompress) as Decode, stream: createZstdDecompress }],
]);

/** Decodes a body by its `content-encoding`, last coding first. Returns null for a coding that is not known and for bytes that are not in it. Throws `LIMIT_EXCEEDED`. */
export async function decodeBody(
	bytes: Uint8Array,
	contentEncoding: string,
	bytesMax: number,
): Promise<Uint8Array | null> {
	let decoded = bytes;
	for (const name of namesIn(contentEncoding)) {
		const coding = codings.get(name);
		if (coding === undefined) return null;
		try {
			decoded = await coding.decode(decoded, { maxOutputLength: bytesMax });
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") return null;
			throw new RetakeError("LIMIT_EXCEEDED", `a body is longer than ${bytesMax} bytes when it is decoded`, {
				data: { limit: "bodyBytes", bytesMax },
			});
		}
	}
	return decoded;
}

/** Makes the streams that decode a body, in order. Returns null for a coding that is not known. */
export function decodingStreams(contentEncoding: string): Transform[] | null {
	const streams = namesIn(contentEncoding).map((name) => codings.get(name)?.stream());
	return streams.includes(undefined) ? null : (streams as Transform[]);
}

function namesIn(contentEncoding: string): string[] {
	const names = contentEncoding
		.toLowerCase()
		.split(",")
		.map((name) => name.trim());
	return names.filter((name) => name !== "" && name !== "identity").reverse();
}
