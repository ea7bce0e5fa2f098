import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Clock, RetakeError } from "@retake/base";
import { artefactName, type BuildPlaces, buildRootFileSystem } from "./build-root-file-system.ts";
import { type ImageDeclaration, imageKey } from "./image-declaration.ts";
import { checkLocked, readImageLock, writeImageLock } from "./image-lock.ts";
import { checkedName, type ImageRecord, imageArchitecture, imagePlaces, readImageRecord } from "./image-record.ts";
import { isIntact, unpackScratch, writeImageRecord } from "./keep-image.ts";
import type { LayerSource } from "./read-layer.ts";

/** How an image is built. */
export interface BuildImageOptions extends Omit<BuildPlaces, "cacheDirectory"> {
	/** Directory of images. */
	readonly images: string;
	readonly clock: Clock;
	/** As `process.arch` spells it. */
	readonly architecture: string;
	/** The file that says what the image must come out as; null for none. Written where it says nothing of this architecture. */
	readonly lock: string | null;
	/** Builds again, from what the archive has now, and writes the lock anew. */
	readonly update?: boolean;
}

/** What building an image came to. */
export interface BuiltImage {
	readonly image: ImageRecord;
	/** `cached`: it was there, whole. `unpacked`: from the tar of an earlier build. */
	readonly made: "built" | "unpacked" | "cached";
}

/**
 * Builds an image to one tar, from which every driver takes it, and unpacks it. What is there and whole is not built again. Until all is
 * done, nothing of that name is replaced. Throws as `buildRootFileSystem` does, and `IMAGE_CHANGED` where it came out otherwise than its
 * lock says.
 */
export async function buildImage(declaration: ImageDeclaration, options: BuildImageOptions): Promise<BuiltImage> {
	const { images, lock, update = false } = options;
	const name = checkedName(declaration.name);
	const architecture = imageArchitecture(options.architecture);
	const artefacts = imagePlaces.artefacts(images);
	const tar = join(artefacts, artefactName(declaration));
	const known = knownBuild(declaration, options);
	if (update || (known !== null && !(await isWhole(tar, known.digest)))) rmSync(tar, { force: true });
	const wasThere = existsSync(tar);
	const locked = lock === null || update ? undefined : readImageLock(lock)[architecture];
	if (wasThere && known !== null && isIntact(images, known.digest)) {
		const built = { digest: known.digest, packages: packagesOf(known) };
		if (locked !== undefined) checkLocked(name, locked, built);
		else if (lock !== null) writeImageLock(lock, architecture, built);
		return { image: known, made: "cached" };
	}

	await buildRootFileSystem(declaration, { ...options, cacheDirectory: artefacts });
	options.onProgress?.("unpacking");
	const source: LayerSource = { name: tar, open: () => createReadStream(tar), compression: "none" };
	using scratch = await unpackScratch(images, [source], options.signal === undefined ? {} : { signal: options.signal });
	const packages = installedPackages(scratch.root);
	const built = { digest: scratch.digest, packages };
	if (locked !== undefined) checkLocked(name, locked, built);
	scratch.keep();
	const image: ImageRecord = {
		name,
		digest: scratch.digest,
		architecture,
		environment: declaration.environment,
		source: { kind: "declaration", key: imageKey(declaration), packages },
		artefact: artefactName(declaration),
		entries: scratch.unpacked.entries,
		bytes: scratch.unpacked.bytes,
		createdAt: options.clock.now(),
	};
	writeImageRecord(images, image);
	if (lock !== null && locked === undefined) writeImageLock(lock, architecture, built);
	return { image, made: wasThere ? "unpacked" : "built" };
}

/** Returns the path of the tar of an image, whole. Throws `IMAGE_DAMAGED` where it is not, and where none was kept. */
export async function requireArtefact(images: string, image: ImageRecord): Promise<string> {
	const tar = image.artefact === null ? null : join(imagePlaces.artefacts(images), image.artefact);
	if (tar !== null && (await isWhole(tar, image.digest))) return tar;
	throw new RetakeError(
		"IMAGE_DAMAGED",
		`the tar of the image ${image.name} is ${tar === null ? "not kept" : "damaged"}`,
		{
			data: { image: image.name, tar },
			remedy: remakeRemedy(image),
		},
	);
}

/** Says how an image is made again. */
export function remakeRemedy({ name, source }: Pick<ImageRecord, "name" | "source">): string {
	switch (source.kind) {
		case "declaration":
			return `make it again: retake image build ${name}`;
		case "docker":
			return `make it again: retake image import ${name} --docker ${source.reference}`;
		case "archive":
			return `make it again: retake image import ${name} --archive ${source.path}`;
	}
}

/** Returns the earlier build of the same declaration on this architecture; null where there is none. */
function knownBuild(declaration: ImageDeclaration, options: BuildImageOptions): ImageRecord | null {
	const known = readImageRecord(options.images, declaration.name);
	const isSame = known?.source.kind === "declaration" && known.source.key === imageKey(declaration);
	return isSame && known.architecture === imageArchitecture(options.architecture) ? known : null;
}

function packagesOf({ source }: ImageRecord): Readonly<Record<string, string>> {
	return source.kind === "declaration" ? source.packages : {};
}

async function isWhole(tar: string, digest: string): Promise<boolean> {
	if (!existsSync(tar)) return false;
	const hash = createHash("sha256");
	await pipeline(createReadStream(tar, { highWaterMark: 1024 ** 2 }), hash);
	return hash.digest("hex") === digest;
}

/** Reads the versions of a root's packages from what dpkg keeps. */
function installedPackages(root: string): Readonly<Record<string, string>> {
	const status = readFileSync(join(root, "var/lib/dpkg/status"), "utf8");
	const found = status.split("\n\n").flatMap((stanza) => {
		const name = /^Package: (.*)$/m.exec(stanza)?.[1];
		const version = /^Version: (.*)$/m.exec(stanza)?.[1];
		return name === undefined || version === undefined ? [] : [[name, version] as const];
	});
	return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
