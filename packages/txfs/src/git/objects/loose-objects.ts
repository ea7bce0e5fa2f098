import { closeSync, constants, openSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { treePath } from "@retake/changeset";
import { isSystemCallError, OpenDescriptor } from "@retake/linux";
import { Durability } from "../../commit/durability.ts";
import { writeAll } from "../../disk/write-all.ts";
import { adoptFile, makeAdoptedDirectory } from "../shared-permissions.ts";
import type { GitObjectType } from "./git-object.ts";
import type { GitObjects } from "./git-objects.ts";
import type { NewObjects } from "./new-objects.ts";
import { deflated, objectHeader, objectName } from "./object-hash.ts";
import { openScratch } from "./open-scratch.ts";

interface Staged {
	readonly oid: string;
	readonly scratch: string;
}

/** New objects that are kept each in a file of its own: staged beside, flushed together, then renamed. */
export class LooseObjects implements NewObjects {
	readonly #objects: GitObjects;
	readonly #directory: string;
	readonly #opened: OpenDescriptor;
	readonly #durability: Durability;
	readonly #staged: Staged[] = [];
	readonly #known = new Set<string>();

	/** Takes the objects that are there and how many are likely to come. */
	constructor(objects: GitObjects, count: number) {
		this.#objects = objects;
		const { directory } = objects;
		this.#directory = directory;
		this.#opened = new OpenDescriptor(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY));
		this.#durability = new Durability(this.#opened, count);
	}

	async add(type: GitObjectType, size: number, chunks: () => Iterable<Uint8Array>): Promise<string> {
		const oid = objectName(type, size, chunks());
		if (this.#known.has(oid) || this.#objects.has(oid)) return oid;
		this.#known.add(oid);
		const { descriptor, path } = openScratch(this.#directory, "tmp_obj_");
		try {
			this.#staged.push({ oid, scratch: path });
			const header = objectHeader(type, size);
			let written = 0;
			for await (const piece of deflated(header.length + size, withHeader(header, chunks()))) {
				writeAll(descriptor, piece, written);
				written += piece.length;
			}
			adoptFile(descriptor, this.#directory, 0o444);
			this.#durability.written(descriptor);
		} finally {
			closeSync(descriptor);
		}
		return oid;
	}

	publish(): void {
		this.#durability.settle();
		for (let next = this.#staged.at(-1); next !== undefined; next = this.#staged.at(-1)) {
			const directory = join(this.#directory, next.oid.slice(0, 2));
			try {
				makeAdoptedDirectory(directory);
			} catch (error) {
				if (!isSystemCallError(error, "EEXIST")) throw error;
			}
			renameSync(next.scratch, this.#path(next.oid));
			this.#staged.pop();
		}
		for (const directory of new Set([...this.#known].map((oid) => oid.slice(0, 2)))) {
			this.#durability.directory(this.#opened.descriptor, treePath(directory));
		}
		this.#durability.directory(this.#opened.descriptor, null);
		this.#durability.settle();
	}

	#path(oid: string): string {
		return join(this.#directory, oid.slice(0, 2), oid.slice(2));
	}

	[Symbol.dispose](): void {
		for (const { scratch } of this.#staged) unlinkSync(scratch);
		this.#opened[Symbol.dispose]();
	}
}

function* withHeader(header: Uint8Array, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
	yield header;
	yield* chunks;
}
