import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { type ImageRecord, imageDigest, imagePlaces } from "./image-record.ts";
import type { LayerSource } from "./read-layer.ts";
import { describeRoot, looksUnchanged, writeRootManifest } from "./root-manifest.ts";
import { type UnpackedRoot, type UnpackWatch, unpackRoot } from "./unpack-root.ts";

/** A root that is whole in its scratch directory, and not in its place yet. */
export interface ScratchRoot extends Disposable {
	readonly root: string;
	readonly digest: string;
	readonly unpacked: UnpackedRoot;
	/** Puts it in its place, unless an intact one is there already. */
	keep(): void;
}

/** Unpacks layers into a scratch directory of the images'. Disposal removes what was not kept. */
export async function unpackScratch(
	images: string,
	layers: readonly LayerSource[],
	watch: UnpackWatch,
): Promise<ScratchRoot> {
	const roots = imagePlaces.roots(images);
	mkdirSync(roots, { recursive: true, mode: 0o755 });
	removeLeftovers(roots);
	const scratch = await mkdtemp(join(roots, `.unpacking-${process.pid}-`));
	const dispose = (): void => rmSync(scratch, { recursive: true, force: true });
	try {
		const root = join(scratch, "root");
		mkdirSync(root, { mode: 0o755 });
		const unpacked = await unpackRoot(layers, root, watch);
		const digest = imageDigest(unpacked.layers);
		const keep = (): void => {
			writeRootManifest(join(scratch, "manifest"), describeRoot(root, unpacked.files));
			if (isIntact(images, digest)) return;
			const place = join(roots, digest);
			rmSync(place, { recursive: true, force: true });
			renameSync(scratch, place);
		};
		return { root, digest, unpacked, keep, [Symbol.dispose]: dispose };
	} catch (cause) {
		dispose();
		throw cause;
	}
}

/** Tells whether a root is there and looks as it was unpacked. */
export function isIntact(images: string, digest: string): boolean {
	const manifest = imagePlaces.manifest(images, digest);
	return existsSync(manifest) && looksUnchanged(imagePlaces.root(images, digest), manifest);
}

/** Writes what is kept of an image, in one step. */
export function writeImageRecord(images: string, record: ImageRecord): void {
	mkdirSync(imagePlaces.names(images), { recursive: true });
	const place = imagePlaces.record(images, record.name);
	const scratch = `${place}.${process.pid}`;
	writeFileSync(scratch, `${JSON.stringify(record, null, "\t")}\n`);
	renameSync(scratch, place);
}

/** Removes what was left by processes that were killed while they unpacked. */
function removeLeftovers(roots: string): void {
	for (const name of readdirSync(roots)) {
		const [, processId] = /^\.unpacking-(\d+)-/.exec(name) ?? [];
		if (processId === undefined || existsSync(`/proc/${processId}`)) continue;
		rmSync(join(roots, name), { recursive: true, force: true });
	}
}
