import { closeSync, constants, openSync } from "node:fs";
import { type BlobId, RetakeError } from "@retake/base";
import {
	baseName,
	comparePaths,
	type NodeAttributes,
	parentOf,
	rawTextFromBytes,
	type TreeEntry,
	type TreeNode,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import {
	type FileStatus,
	fileExtents,
	fileStatusAt,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	readLinkAt,
} from "@retake/linux";
import type { AttributesReader } from "../attributes/attributes-reader.ts";
import { readAttributes } from "../attributes/read-attributes.ts";
import { hashDescriptor } from "../disk/hash-descriptor.ts";
import { openDirectory } from "../disk/open-directory.ts";
import { readDirectory } from "../disk/read-directory.ts";
import { sparseChunks } from "../disk/sparse-file.ts";
import { tryCloneFile } from "../disk/try-clone-file.ts";
import { nameFromBytes, toNameBytes } from "../tree/name-bytes.ts";
import { isWhiteoutDevice, isWhiteoutFile, readOpaqueMark } from "./overlay-marks.ts";

type Found = { readonly layer: string; readonly status: FileStatus };

/**
 * Reads frozen overlay layers as one tree, as the kernel would show them mounted: whiteouts and opaque directories obeyed,
 * no link followed. Fifos, sockets and devices, which only a git directory of a candidate's own can hold, are left out. What
 * is where is looked up when asked for; hashes and the places of directories are remembered, which is sound because nobody
 * writes to a frozen layer.
 */
export class LayerStack implements TreeReader, AttributesReader {
	readonly #layers: readonly string[];
	/** Modes that differ from those on disk: see `readableMode`. */
	readonly #trueModes: ReadonlyMap<TreePath, number>;
	readonly #places = new Map<TreePath | null, readonly string[]>();
	readonly #contents = new Map<TreePath, BlobId>();

	/** `layers` are absolute directories, uppermost first. */
	constructor(layers: readonly string[], trueModes: ReadonlyMap<TreePath, number> = new Map()) {
		this.#layers = layers;
		this.#trueModes = trueModes;
		this.#places.set(null, layers);
	}

	lookup(path: TreePath): TreeNode | null {
		const found = this.#find(path);
		if (found === null) return null;
		const { status } = found;
		switch (status.kind) {
			case "directory":
				return { kind: "directory", mode: this.#modeOf(path, status) };
			case "symlink": {
				using parent = openPlace(found.layer, parentOf(path));
				return {
					kind: "symlink",
					target: rawTextFromBytes(readLinkAt(parent.descriptor, toNameBytes(baseName(path)))),
				};
			}
			case "file":
				return {
					kind: "file",
					mode: this.#modeOf(path, status),
					size: status.size,
					content: this.#contentOf(path, found),
				};
			default:
				return null;
		}
	}

	entries(path: TreePath | null): readonly TreeEntry[] {
		const places = this.#placesOf(path);
		const seen = new Map<string, TreeEntry["kind"] | null>();
		for (const layer of places) {
			using directory = openPlace(layer, path);
			const mayHaveWhiteoutFiles = places.length > 1 && readOpaqueMark(directory.descriptor) === "has-whiteout-files";
			for (const entry of readDirectory(directory.descriptor)) {
				const name = nameFromBytes(entry.name);
				if (seen.has(name)) continue;
				if (entry.isDirectory()) seen.set(name, "directory");
				else if (entry.isSymbolicLink()) seen.set(name, "symlink");
				else if (!entry.isFile()) seen.set(name, null);
				else if (mayHaveWhiteoutFiles && isNamedWhiteout(directory.descriptor, entry.name)) seen.set(name, null);
				else seen.set(name, "file");
			}
		}
		const entries: TreeEntry[] = [];
		for (const [name, kind] of seen) if (kind !== null) entries.push({ name, kind });
		return entries.sort((left, right) => comparePaths(left.name as TreePath, right.name as TreePath));
	}

	*chunks(path: TreePath): Generator<Uint8Array> {
		const found = this.#findFile(path);
		using file = openFile(found.layer, path);
		const { size } = found.status;
		yield* sparseChunks(file.descriptor, size, fileExtents(file.descriptor, size));
	}

	/** Makes an open file share the blocks of the file at a path; false where the file systems cannot. Throws `FILE_NOT_FOUND`. */
	cloneInto(path: TreePath, target: number): boolean {
		using file = openFile(this.#findFile(path).layer, path);
		return tryCloneFile(file.descriptor, target);
	}

	attributesAt(path: TreePath): NodeAttributes | null {
		const found = this.#find(path);
		if (found === null) return null;
		using parent = openPlace(found.layer, parentOf(path));
		return readAttributes(parent.descriptor, toNameBytes(baseName(path)), found.status);
	}

	/** Remembers contents that are known already, so that they need not be hashed again. */
	rememberContent(path: TreePath, content: BlobId): void {
		this.#contents.set(path, content);
	}

	#modeOf(path: TreePath, status: FileStatus): number {
		return this.#trueModes.get(path) ?? status.mode & 0o777;
	}

	#contentOf(path: TreePath, { layer, status }: Found): BlobId {
		let content = this.#contents.get(path);
		if (content === undefined) {
			using file = openFile(layer, path);
			content = hashDescriptor(file.descriptor, fileExtents(file.descriptor, status.size));
			this.#contents.set(path, content);
		}
		return content;
	}

	#find(path: TreePath): Found | null {
		const parent = parentOf(path);
		const name = toNameBytes(baseName(path));
		const places = this.#placesOf(parent);
		for (const layer of places) {
			using directory = openPlace(layer, parent);
			const status = fileStatusAt(directory.descriptor, name);
			if (status === null) continue;
			return isWhiteout(directory.descriptor, name, status) ? null : { layer, status };
		}
		return null;
	}

	#findFile(path: TreePath): Found {
		const found = this.#find(path);
		if (found?.status.kind === "file") return found;
		throw new RetakeError("FILE_NOT_FOUND", `no file is at ${path}`, { data: { path } });
	}

	/** The layers whose directories make up the directory at a path; none where the tree has no directory there. */
	#placesOf(path: TreePath | null): readonly string[] {
		const known = this.#places.get(path);
		if (known !== undefined || path === null) return known ?? this.#layers;
		const missing: TreePath[] = [];
		let nearest: TreePath | null = path;
		while (nearest !== null && !this.#places.has(nearest)) {
			missing.push(nearest);
			nearest = parentOf(nearest);
		}
		let places = this.#places.get(nearest) ?? this.#layers;
		for (const directory of missing.reverse()) {
			places = mergedPlaces(places, directory);
			this.#places.set(directory, places);
		}
		return places;
	}
}

function mergedPlaces(parents: readonly string[], path: TreePath): readonly string[] {
	const places: string[] = [];
	const parentPath = parentOf(path);
	const name = toNameBytes(baseName(path));
	for (const [index, layer] of parents.entries()) {
		using parent = openPlace(layer, parentPath);
		const status = fileStatusAt(parent.descriptor, name);
		if (status === null) continue;
		if (status.kind !== "directory") break;
		places.push(layer);
		if (index === parents.length - 1) break;
		using directory = new OpenDescriptor(openBeneath(parent.descriptor, name, O_PATH | constants.O_DIRECTORY));
		if (readOpaqueMark(directory.descriptor) === "hides") break;
	}
	return places;
}

function isWhiteout(directory: number, name: Uint8Array | string, status: FileStatus): boolean {
	if (isWhiteoutDevice(status)) return true;
	if (status.kind !== "file" || status.size !== 0 || readOpaqueMark(directory) !== "has-whiteout-files") return false;
	return isWhiteoutFile(directory, Buffer.from(name), status);
}

function isNamedWhiteout(directory: number, name: Buffer): boolean {
	const status = fileStatusAt(directory, name);
	return status !== null && isWhiteoutFile(directory, name, status);
}

function openPlace(layer: string, path: TreePath | null): OpenDescriptor {
	const root = openSync(layer, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
	try {
		return openDirectory(root, path);
	} finally {
		closeSync(root);
	}
}

function openFile(layer: string, path: TreePath): OpenDescriptor {
	using parent = openPlace(layer, parentOf(path));
	return new OpenDescriptor(openBeneath(parent.descriptor, toNameBytes(baseName(path)), constants.O_RDONLY));
}
