import { createHash } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isSystemCallError, OpenDescriptor } from "@retake/linux";
import { chunkBytes } from "../../disk/file-chunks.ts";
import { writeAll } from "../../disk/write-all.ts";
import { adoptFile, makeAdoptedDirectory } from "../shared-permissions.ts";
import { encodePackIndex, type PackedObject } from "./encode-pack-index.ts";
import type { GitObjectType } from "./git-object.ts";
import type { GitObjects } from "./git-objects.ts";
import type { NewObjects } from "./new-objects.ts";
import { deflated, objectName } from "./object-hash.ts";
import { openScratch } from "./open-scratch.ts";
import { readExactly } from "./read-exactly.ts";

const headerBytes = 12;
const typeNumbers: Readonly<Record<GitObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** New objects that are kept together as one pack: two files are flushed however many objects there are. */
export class NewPack implements NewObjects {
	readonly #objects: GitObjects;
	readonly #directory: string;
	readonly #scratch: { readonly descriptor: number; readonly path: string };
	readonly #packed = new Map<string, PackedObject>();
	/** What disposal removes. */
	readonly #unfinished = new Set<string>();
	#size = headerBytes;

	/** Takes the objects that are there. */
	constructor(objects: GitObjects) {
		this.#objects = objects;
		this.#directory = join(objects.directory, "pack");
		try {
			makeAdoptedDirectory(this.#directory);
		} catch (error) {
			if (!isSystemCallError(error, "EEXIST")) throw error;
		}
		this.#scratch = openScratch(this.#directory, "tmp_pack_");
		this.#unfinished.add(this.#scratch.path);
	}

	async add(type: GitObjectType, size: number, chunks: () => Iterable<Uint8Array>): Promise<string> {
		const oid = objectName(type, size, chunks());
		if (this.#packed.has(oid) || this.#objects.has(oid)) return oid;
		const offset = this.#size;
		let checksum = this.#append(entryHeader(type, size), 0);
		for await (const piece of deflated(size, chunks())) checksum = this.#append(piece, checksum);
		this.#packed.set(oid, { oid, offset, checksum });
		return oid;
	}

	publish(): void {
		if (this.#packed.size === 0) return;
		const name = this.#finishPack();
		const index = openScratch(this.#directory, "tmp_idx_");
		this.#unfinished.add(index.path);
		try {
			writeAll(index.descriptor, encodePackIndex([...this.#packed.values()], name), 0);
			adoptFile(index.descriptor, this.#directory, 0o444);
			fsyncSync(index.descriptor);
		} finally {
			closeSync(index.descriptor);
		}
		// The index last: a pack is there when it has one.
		this.#rename(this.#scratch.path, `pack-${name.toString("hex")}.pack`);
		this.#rename(index.path, `pack-${name.toString("hex")}.idx`);
		using directory = new OpenDescriptor(openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY));
		fsyncSync(directory.descriptor);
	}

	/** Writes what is known at the end alone: how many objects there are, and the hash of it all, which names the pack. */
	#finishPack(): Buffer {
		const { descriptor, path } = this.#scratch;
		const header = Buffer.alloc(headerBytes);
		header.write("PACK", "latin1");
		header.writeUInt32BE(2, 4);
		header.writeUInt32BE(this.#packed.size, 8);
		writeAll(descriptor, header, 0);
		const hash = createHash("sha1");
		for (let at = 0; at < this.#size; at += chunkBytes) {
			hash.update(readExactly(descriptor, at, Math.min(chunkBytes, this.#size - at), path));
		}
		const name = hash.digest();
		writeAll(descriptor, name, this.#size);
		adoptFile(descriptor, this.#directory, 0o444);
		fsyncSync(descriptor);
		return name;
	}

	#append(bytes: Uint8Array, checksum: number): number {
		writeAll(this.#scratch.descriptor, bytes, this.#size);
		this.#size += bytes.length;
		return crc32(bytes, checksum);
	}

	#rename(scratch: string, name: string): void {
		renameSync(scratch, join(this.#directory, name));
		this.#unfinished.delete(scratch);
	}

	[Symbol.dispose](): void {
		closeSync(this.#scratch.descriptor);
		for (const path of this.#unfinished) unlinkSync(path);
	}
}

function entryHeader(type: GitObjectType, size: number): Buffer {
	const bytes: number[] = [];
	let byte = (typeNumbers[type] << 4) | (size & 15);
	let rest = Math.floor(size / 16);
	while (rest > 0) {
		bytes.push(byte | 0x80);
		byte = rest & 0x7f;
		rest = Math.floor(rest / 128);
	}
	return Buffer.from([...bytes, byte]);
}
