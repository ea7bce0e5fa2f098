import { createHash } from "node:crypto";
import {
	closeSync,
	createReadStream,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
	writeSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { RetakeError, sha256 } from "@retake/base";
import { imageArchitecture } from "./image-record.ts";
import { variablesOf } from "./image-variables.ts";
import type { ImportImageOptions } from "./import-image.ts";
import { type LayerSource, readLayer } from "./read-layer.ts";

/** An image in an archive, laid out on disk until disposal. */
export interface OpenedArchive extends AsyncDisposable {
	/** Lowest first. */
	readonly layers: readonly LayerSource[];
	/** SHA-256 that each layer's uncompressed tar must have. */
	readonly layerDigests: readonly string[];
	readonly architecture: string;
	readonly environment: Readonly<Record<string, string>>;
}

/** What is read of an image's configuration. Source: the OCI image specification, config.md. */
interface ImageConfiguration {
	readonly architecture: string;
	readonly config?: { readonly Env?: readonly string[] | null };
	readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** Reads an archive of one image into a scratch directory, checking every blob against its name. Throws as `importImage` does. */
export async function openImageArchive(archive: Readable, options: ImportImageOptions): Promise<OpenedArchive> {
	mkdirSync(options.images, { recursive: true });
	const scratch = await mkdtemp(join(options.images, `.importing-${process.pid}-`));
	const dispose = async (): Promise<void> => rmSync(scratch, { recursive: true, force: true });
	try {
		const files = await layOut(archive, scratch, options.signal);
		const read = (name: string): unknown => JSON.parse(readFileSync(files.require(name), "utf8"));
		const { configuration, layers } = files.find("index.json")
			? ofOciLayout(read, imageArchitecture(options.architecture))
			: ofDockerSave(read);
		const { architecture, config, rootfs } = configuration;
		requireArchitecture(architecture, imageArchitecture(options.architecture));
		return {
			layers: layers.map((name) => layerOf(name, files.require(name))),
			layerDigests: rootfs.diff_ids.map((id) => id.replace(/^sha256:/, "")),
			architecture,
			environment: variablesOf(config?.Env),
			[Symbol.asyncDispose]: dispose,
		};
	} catch (cause) {
		await dispose();
		if (cause instanceof SyntaxError || cause instanceof TypeError) throw noArchive(cause.message, cause);
		throw cause;
	}
}

interface ArchiveFiles {
	find(name: string): boolean;
	require(name: string): string;
}

/** Writes each file of the archive down under the hash of its name, so that no name of the archive's is ever a path. */
async function layOut(archive: Readable, scratch: string, signal: AbortSignal | undefined): Promise<ArchiveFiles> {
	const placeOf = (name: string): string => join(scratch, sha256(Buffer.from(name.replace(/^\.\//, ""))));
	let opened = false;
	const open = (): Readable => {
		if (opened) throw new TypeError("an archive is read once");
		opened = true;
		return archive;
	};
	const links = new Map<string, string>();
	await readLayer(
		{ name: "the archive", open, compression: "none" },
		(header) => {
			if (header.type === "symlink" || header.type === "link") {
				links.set(placeOf(header.name), placeOf(join(header.name, "..", header.linkname ?? "")));
				return undefined;
			}
			if (header.type !== "file") return undefined;
			const digest = createHash("sha256");
			const descriptor = openSync(placeOf(header.name), "w", 0o600);
			return {
				write: (bytes) => {
					digest.update(bytes);
					for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
				},
				end: () => {
					closeSync(descriptor);
					checkBlob(header.name, digest.digest("hex"));
				},
			};
		},
		signal,
	);
	const resolve = (name: string): string => links.get(placeOf(name)) ?? placeOf(name);
	return {
		find: (name) => existsSync(resolve(name)),
		require: (name) => {
			if (existsSync(resolve(name))) return resolve(name);
			throw noArchive(`it has no ${name}`, undefined);
		},
	};
}

/** An OCI blob is named by its hash. */
function checkBlob(name: string, actual: string): void {
	const [, named] = /blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
	if (named === undefined || named === actual) return;
	throw new RetakeError("IMAGE_DAMAGED", `the archive's blob ${named.slice(0, 12)} is not what its name says`, {
		data: { blob: named, actual },
		remedy: "make the archive again",
	});
}

type ReadJson = (name: string) => unknown;

interface ChosenImage {
	readonly configuration: ImageConfiguration;
	readonly layers: readonly string[];
}

/** Source: the OCI image specification, image-layout.md and manifest.md. */
function ofOciLayout(read: ReadJson, architecture: string): ChosenImage {
	type Descriptor = {
		readonly mediaType?: string;
		readonly digest: string;
		readonly platform?: { readonly architecture: string };
	};
	const blob = (digest: string): string => `blobs/${digest.replace(":", "/")}`;
	const choose = (manifests: readonly Descriptor[]): Descriptor => {
		const images = manifests.filter(({ platform }) => platform?.architecture !== "unknown");
		const own = images.filter(({ platform }) => platform === undefined || platform.architecture === architecture);
		if (own.length === 0)
			requireArchitecture(images.map(({ platform }) => platform?.architecture).join(", "), architecture);
		const [only] = own;
		if (only !== undefined && own.length === 1) return only;
		throw severalImages(own.length);
	};
	const descend = (name: string): { readonly config: Descriptor; readonly layers: readonly Descriptor[] } => {
		const value = read(name) as { manifests?: Descriptor[]; config: Descriptor; layers: Descriptor[] };
		return value.manifests === undefined ? value : descend(blob(choose(value.manifests).digest));
	};
	const { config, layers } = descend("index.json");
	return {
		configuration: read(blob(config.digest)) as ImageConfiguration,
		layers: layers.map(({ digest }) => blob(digest)),
	};
}

/** Source: moby's image specification 1.2, "combined image JSON + filesystem changeset format". */
function ofDockerSave(read: ReadJson): ChosenImage {
	const manifests = read("manifest.json") as readonly { readonly Config: string; readonly Layers: readonly string[] }[];
	const [only] = manifests;
	if (only === undefined || manifests.length !== 1) throw severalImages(manifests.length);
	return { configuration: read(only.Config) as ImageConfiguration, layers: only.Layers };
}

function layerOf(name: string, path: string): LayerSource {
	const magic = Buffer.alloc(4);
	const descriptor = openSync(path, "r");
	readSync(descriptor, magic, 0, 4, 0);
	closeSync(descriptor);
	const isGzip = magic.readUInt16BE(0) === 0x1f8b;
	const isZstd = magic.readUInt32LE(0) === 0xfd2fb528;
	return {
		name: `layer ${name}`,
		open: () => createReadStream(path),
		compression: isGzip ? "gzip" : isZstd ? "zstd" : "none",
	};
}

function requireArchitecture(architecture: string, needed: string): void {
	if (architecture === needed) return;
	throw new RetakeError(
		"SANDBOX_UNAVAILABLE",
		`the archive's image is for ${architecture || "nothing"}, not ${needed}`,
		{
			data: { architecture, needed },
			remedy: `take the image for ${needed}: docker pull --platform linux/${needed}`,
		},
	);
}

function severalImages(count: number): RetakeError {
	return new RetakeError("USAGE", `the archive has ${count} images`, {
		sort: "misuse",
		data: { count },
		remedy: "save one image at a time: docker save IMAGE",
	});
}

function noArchive(why: string, cause: unknown): RetakeError {
	return new RetakeError("IMAGE_DAMAGED", `not an archive of an image: ${why}`, {
		remedy: "give what docker save IMAGE writes, or an OCI image layout in a tar",
		...(cause === undefined ? {} : { cause }),
	});
}
