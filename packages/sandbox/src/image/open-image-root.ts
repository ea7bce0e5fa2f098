import { existsSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { remakeRemedy } from "./build-image.ts";
import { type ImageRecord, imageArchitecture, imagePlaces, readImageRecord } from "./image-record.ts";
import { isIntact } from "./keep-image.ts";
import { damagedPaths, describeRoot, writeRootManifest } from "./root-manifest.ts";

/** An unpacked image that was found whole. */
export interface ImageRoot {
	readonly image: ImageRecord;
	/** Directory that holds what commands see as `/`. */
	readonly root: string;
}

/** Finds what is kept of an image. Throws `IMAGE_NOT_FOUND`, with how to make it. */
export function requireImage(images: string, name: string): ImageRecord {
	const image = /^[a-z0-9][a-z0-9._-]*$/.test(name) ? readImageRecord(images, name) : null;
	if (image !== null) return image;
	throw new RetakeError("IMAGE_NOT_FOUND", `there is no image ${name}`, {
		data: { image: name, images },
		remedy: `build it (retake image build ${name}) or take it from Docker (retake image import NAME --docker ${name}); retake image list shows what is there`,
	});
}

/**
 * Finds the unpacked root of an image and looks at every path of it: what was written to since it was unpacked is read and compared. Throws
 * `IMAGE_NOT_FOUND`, `IMAGE_DAMAGED`, and `SANDBOX_UNAVAILABLE` for an image of another architecture.
 */
export function openImageRoot(images: string, name: string, nodeArchitecture: string): ImageRoot {
	const image = requireImage(images, name);
	const architecture = imageArchitecture(nodeArchitecture);
	if (image.architecture !== architecture) {
		throw new RetakeError(
			"SANDBOX_UNAVAILABLE",
			`the image ${name} is for ${image.architecture}, not ${architecture}`,
			{
				data: { image: name, architecture: image.architecture, needed: architecture },
				remedy: remakeRemedy(image),
			},
		);
	}
	if (!isIntact(images, image.digest)) readWholeRoot(images, image);
	return { image, root: imagePlaces.root(images, image.digest) };
}

/**
 * Reads every file of an image's root and compares it with what was unpacked. Throws `IMAGE_DAMAGED`, naming the paths. A root that only looks
 * different, such as one that was copied, is whole.
 */
export function readWholeRoot(images: string, image: ImageRecord): void {
	const root = imagePlaces.root(images, image.digest);
	const manifest = imagePlaces.manifest(images, image.digest);
	const paths = existsSync(manifest) ? damagedPaths(root, manifest) : ["/"];
	if (paths.length === 0) return writeRootManifest(manifest, describeRoot(root));
	const shown = paths.slice(0, 3).join(", ") + (paths.length > 3 ? ` and ${paths.length - 3} more` : "");
	throw new RetakeError("IMAGE_DAMAGED", `the unpacked image ${image.name} is damaged: ${shown}`, {
		data: { image: image.name, paths },
		remedy: remakeRemedy(image),
	});
}
