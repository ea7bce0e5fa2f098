import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError, sha256 } from "@retake/base";

/** Where an image came from. */
export type ImageSource =
	/** Built from a declaration, with the versions of the packages that went into it. */
	| { readonly kind: "declaration"; readonly key: string; readonly packages: Readonly<Record<string, string>> }
	/** Unpacked from what a Docker daemon held under a reference. */
	| { readonly kind: "docker"; readonly reference: string }
	/** Unpacked from an archive that `docker save` or a tool of OCI images wrote. */
	| { readonly kind: "archive"; readonly path: string };

/** What is kept of an image beside its files. */
export interface ImageRecord {
	readonly name: string;
	/** SHA-256 of what it is made of, see `imageDigest`: equal contents, equal digest, under every driver. */
	readonly digest: string;
	/** In Docker's words: `amd64`, `arm64`. */
	readonly architecture: string;
	/** Environment of its commands. */
	readonly environment: Readonly<Record<string, string>>;
	readonly source: ImageSource;
	/** The tar that the root was unpacked from, relative to the images' directory; null where none was kept. */
	readonly artefact: string | null;
	/** Files, directories and links in its root. */
	readonly entries: number;
	/** Bytes of the contents of its files. */
	readonly bytes: number;
	/** Milliseconds since 1970. */
	readonly createdAt: number;
}

/** Returns the digest of an image by the digests of its layers, lowest first: a single layer's own, else one over all of them. */
export function imageDigest(layers: readonly string[]): string {
	const bare = layers.map((layer) => layer.replace(/^sha256:/, ""));
	const [only = ""] = bare;
	return bare.length === 1 ? only : sha256(Buffer.from(bare.join("\n")));
}

/** Returns the architecture of a Node process in Docker's words. */
export function imageArchitecture(nodeArchitecture: string): string {
	return { x64: "amd64", ia32: "386" }[nodeArchitecture] ?? nodeArchitecture;
}

/** Places of an image within the images' directory. */
export const imagePlaces = {
	names: (images: string) => join(images, "names"),
	record: (images: string, name: string) => join(images, "names", `${checkedName(name)}.json`),
	artefacts: (images: string) => join(images, "artefacts"),
	roots: (images: string) => join(images, "roots"),
	root: (images: string, digest: string) => join(images, "roots", digest, "root"),
	manifest: (images: string, digest: string) => join(images, "roots", digest, "manifest"),
} as const;

/** Returns the name of an image where it can be one. Throws `USAGE`. */
export function checkedName(name: string): string {
	if (/^[a-z0-9][a-z0-9._-]{0,127}$/.test(name)) return name;
	throw new RetakeError("USAGE", `not a name of an image: ${name}`, {
		sort: "misuse",
		data: { name },
		remedy: "use small letters, digits, dots, dashes and underscores; see retake image list",
	});
}

/** Reads what is kept of an image; null where there is none of that name. Throws `IMAGE_DAMAGED` for a record that cannot be read. */
export function readImageRecord(images: string, name: string): ImageRecord | null {
	let text: string;
	try {
		text = readFileSync(imagePlaces.record(images, name), "utf8");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw cause;
	}
	try {
		return JSON.parse(text) as ImageRecord;
	} catch (cause) {
		throw new RetakeError("IMAGE_DAMAGED", `the record of the image ${name} cannot be read`, {
			data: { image: name },
			remedy: `remove it and make it again: retake image remove ${name}`,
			cause,
		});
	}
}

/** Returns what is kept of every image, by name. */
export function listImageRecords(images: string): readonly ImageRecord[] {
	let names: string[];
	try {
		names = readdirSync(imagePlaces.names(images));
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw cause;
	}
	return names
		.filter((name) => name.endsWith(".json"))
		.toSorted()
		.flatMap((name) => readImageRecord(images, name.slice(0, -".json".length)) ?? []);
}
