import { createHash } from "node:crypto";
import {
	chmodSync,
	closeSync,
	linkSync,
	lutimesSync,
	mkdirSync,
	openSync,
	symlinkSync,
	utimesSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import { type EntrySink, type LayerSource, readLayer, type TakeEntry } from "./read-layer.ts";
import { type ModelDirectory, type ModelFile, RootModel } from "./root-model.ts";

/** What was unpacked. */
export interface UnpackedRoot {
	/** SHA-256 of each layer's uncompressed tar, lowest first. */
	readonly layers: readonly string[];
	/** SHA-256 of each file by its path in the root. */
	readonly files: ReadonlyMap<string, string>;
	readonly entries: number;
	readonly bytes: number;
}

/** What watches an unpacking. */
export interface UnpackWatch {
	/** Told how many bytes have been written. */
	readonly onProgress?: (bytes: number) => void;
	readonly signal?: AbortSignal;
}

/** Directories that a sandbox mounts over, or fills itself; what an image has in them is not unpacked. */
const left = new Set(["dev", "proc", "sys"]);

/**
 * Unpacks layers, lowest first, into the empty directory `target`. All that is written belongs to this process' user, without
 * setuid bits, devices or extended attributes, and with the times of the archive. No link is made before all files are written, so nothing
 * is written through one. Throws `IMAGE_DAMAGED`.
 */
export async function unpackRoot(
	layers: readonly LayerSource[],
	target: string,
	watch: UnpackWatch = {},
): Promise<UnpackedRoot> {
	const model = new RootModel();
	const digests: string[] = [];
	for (const [layer, source] of layers.entries()) {
		const take: TakeEntry = (header, entry) => {
			model.add({
				path: header.name,
				type: header.type ?? "file",
				mode: header.mode ?? 0o644,
				modifiedAt: (header.mtime?.getTime() ?? 0) / 1000,
				linkTarget: header.linkname ?? "",
				layer,
				entry,
			});
			return undefined;
		};
		digests.push(await readLayer(source, take, watch.signal));
	}
	for (const name of left) model.top.children.delete(name);

	const plan = planOf(model.top);
	for (const { path } of plan.directories) mkdirSync(join(target, path), { recursive: true, mode: 0o755 });
	const files = new Map<string, string>();
	let bytes = 0;
	for (const [layer, source] of layers.entries()) {
		const wanted = plan.files.get(layer) ?? new Map<number, PlannedFile>();
		const write: TakeEntry = (_, entry) => {
			const planned = wanted.get(entry);
			if (planned === undefined) return undefined;
			return fileSink(join(target, planned.path), planned.file, (digest, size) => {
				for (const path of [planned.path, ...planned.otherNames]) files.set(path, digest);
				bytes += size;
				watch.onProgress?.(bytes);
			});
		};
		const again = await readLayer(source, write, watch.signal);
		if (again !== digests[layer]) throw changedMeanwhile(source);
		for (const { path, otherNames } of wanted.values()) {
			for (const other of otherNames) linkSync(join(target, path), join(target, other));
		}
	}
	for (const { path, link } of plan.links) {
		symlinkSync(link.target, join(target, path));
		lutimesSync(join(target, path), link.modifiedAt, link.modifiedAt);
	}
	// Deepest first: what is made in a directory moves its time.
	for (const { path, directory } of plan.directories.toReversed()) {
		chmodSync(join(target, path), directory.mode | 0o700);
		utimesSync(join(target, path), directory.modifiedAt, directory.modifiedAt);
	}
	return { layers: digests, files, entries: files.size + plan.links.length + plan.directories.length, bytes };
}

interface PlannedFile {
	readonly path: string;
	readonly file: ModelFile;
	readonly otherNames: string[];
}

interface Plan {
	readonly directories: { readonly path: string; readonly directory: ModelDirectory }[];
	readonly links: { readonly path: string; readonly link: { readonly target: string; readonly modifiedAt: number } }[];
	/** By layer and by the entry's position in it. */
	readonly files: Map<number, Map<number, PlannedFile>>;
}

function planOf(top: ModelDirectory): Plan {
	const plan: Plan = { directories: [], links: [], files: new Map() };
	const visit = (directory: ModelDirectory, path: string): void => {
		plan.directories.push({ path, directory });
		for (const [name, node] of directory.children) {
			const inside = path === "" ? name : `${path}/${name}`;
			if (node.kind === "directory") visit(node, inside);
			else if (node.kind === "link") plan.links.push({ path: inside, link: node });
			else {
				const layer = plan.files.get(node.layer) ?? new Map<number, PlannedFile>();
				plan.files.set(node.layer, layer);
				const known = layer.get(node.entry);
				if (known === undefined) layer.set(node.entry, { path: inside, file: node, otherNames: [] });
				else known.otherNames.push(inside);
			}
		}
	};
	visit(top, "");
	return plan;
}

/** Writes one file as its bytes come. A new one: nothing that is there is written through. */
function fileSink(path: string, file: ModelFile, done: (digest: string, size: number) => void): EntrySink {
	const digest = createHash("sha256");
	let size = 0;
	const descriptor = openSync(path, "wx", 0o600);
	return {
		write: (bytes) => {
			digest.update(bytes);
			for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
			size += bytes.length;
		},
		end: () => {
			closeSync(descriptor);
			chmodSync(path, file.mode | 0o400);
			utimesSync(path, file.modifiedAt, file.modifiedAt);
			done(digest.digest("hex"), size);
		},
	};
}

function changedMeanwhile(source: LayerSource): RetakeError {
	return new RetakeError("IMAGE_DAMAGED", `${source.name} changed while it was read`, {
		data: { layer: source.name },
		remedy: "make it again",
	});
}
