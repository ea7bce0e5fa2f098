import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { imagePlaces, listImageRecords } from "./image-record.ts";
import { requireImage } from "./open-image-root.ts";

/** Removes an image, and its tar and root where no other image has them. Throws `IMAGE_NOT_FOUND`. */
export function removeImage(images: string, name: string): void {
	const { digest, artefact } = requireImage(images, name);
	rmSync(imagePlaces.record(images, name));
	const others = listImageRecords(images);
	if (!others.some((other) => other.digest === digest)) {
		rmSync(join(imagePlaces.roots(images), digest), { recursive: true, force: true });
	}
	if (artefact === null || others.some((other) => other.artefact === artefact)) return;
	rmSync(join(imagePlaces.artefacts(images), artefact), { force: true });
}

/** Removes tars and roots that no image has any more, such as those of earlier builds. Returns how many. */
export function removeUnused(images: string): number {
	const records = listImageRecords(images);
	const used = new Set(records.flatMap(({ digest, artefact }) => (artefact === null ? [digest] : [digest, artefact])));
	const unused = [imagePlaces.roots(images), imagePlaces.artefacts(images)].flatMap((directory) =>
		existsSync(directory)
			? readdirSync(directory)
					.filter((name) => !used.has(name) && /^([0-9a-f]{64}|.*\.tar)$/.test(name))
					.map((name) => join(directory, name))
			: [],
	);
	for (const path of unused) rmSync(path, { recursive: true, force: true });
	return unused.length;
}
