import type { Readable } from "node:stream";
import { type Clock, RetakeError } from "@retake/base";
import { checkedName, type ImageRecord, type ImageSource } from "./image-record.ts";
import { unpackScratch, writeImageRecord } from "./keep-image.ts";
import { openImageArchive } from "./open-image-archive.ts";

/** How an archive becomes an image. */
export interface ImportImageOptions {
	/** Directory of images. */
	readonly images: string;
	readonly clock: Clock;
	/** As `process.arch` spells it: which image of an archive of several is taken. */
	readonly architecture: string;
	readonly onProgress?: (line: string) => void;
	readonly signal?: AbortSignal;
}

/**
 * Takes an image from an archive, as `docker save` or a tool of OCI images writes it, and unpacks it; no daemon is needed. Throws
 * `IMAGE_DAMAGED` where the archive is not what its own hashes say, `SANDBOX_UNAVAILABLE` where it has none of this architecture, and
 * `USAGE` where it has several images.
 */
export async function importImage(
	name: string,
	source: Exclude<ImageSource, { readonly kind: "declaration" }>,
	archive: Readable,
	options: ImportImageOptions,
): Promise<ImageRecord> {
	checkedName(name);
	options.onProgress?.("reading the archive");
	const watch = options.signal === undefined ? {} : { signal: options.signal };
	await using opened = await openImageArchive(archive, options);
	options.onProgress?.("unpacking");
	using scratch = await unpackScratch(options.images, opened.layers, watch);
	const expected = opened.layerDigests;
	const differs = scratch.unpacked.layers.findIndex((digest, index) => digest !== expected[index]);
	if (differs !== -1 || expected.length !== scratch.unpacked.layers.length) {
		throw new RetakeError("IMAGE_DAMAGED", `layer ${differs} of ${name} is not what the archive says it is`, {
			data: { image: name, expected: expected[differs], actual: scratch.unpacked.layers[differs] },
			remedy: "make the archive again",
		});
	}
	scratch.keep();
	const image: ImageRecord = {
		name,
		digest: scratch.digest,
		architecture: opened.architecture,
		environment: opened.environment,
		source,
		artefact: null,
		entries: scratch.unpacked.entries,
		bytes: scratch.unpacked.bytes,
		createdAt: options.clock.now(),
	};
	writeImageRecord(options.images, image);
	return image;
}
