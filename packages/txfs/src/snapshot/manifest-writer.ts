import { createHash } from "node:crypto";
import { constants, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import { assert, type TreeId } from "@retake/base";
import { comparePaths, type TreePath } from "@retake/changeset";
import { OpenDescriptor } from "@retake/linux";
import { asDiskFull } from "../disk/disk-full.ts";
import { writeChunks } from "../disk/write-chunks.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { encodeNode, encodeStamp, type ManifestEntry, manifestHeadBytes, manifestMagic } from "./manifest.ts";

/** Bytes gathered before they are written. */
const blockBytes = 256 * 1024;

/** What a whole manifest says of its tree. */
export interface ManifestSummary {
	/** SHA-256 over each entry's kind, mode, path, and content or target. */
	readonly treeId: TreeId;
	readonly fileCount: number;
	readonly byteCount: number;
	/** Modes that could not be kept on disk, for the owner must be able to read. */
	readonly trueModes: readonly (readonly [TreePath, number])[];
}

/** Writes a manifest entry by entry, sorted by the bytes of the paths, with little of it in memory. */
export class ManifestWriter implements Disposable {
	/** When the file was made, by the clock of the file system, nanoseconds: what was written since may change unseen. */
	readonly startedNs: bigint;
	readonly #file: OpenDescriptor;
	readonly #hasher = createHash("sha256");
	readonly #trueModes: [TreePath, number][] = [];
	#block: Buffer[] = [];
	#blockBytes = 0;
	#entryCount = 0;
	#fileCount = 0;
	#byteCount = 0;
	#last: TreePath | null = null;

	/** Makes the file anew: whoever reads an older one of that name goes on reading it. */
	constructor(path: string) {
		rmSync(path, { force: true });
		this.#file = new OpenDescriptor(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
		this.startedNs = fstatSync(this.#file.descriptor, { bigint: true }).mtimeNs;
		this.#put(Buffer.concat([manifestMagic, Buffer.alloc(manifestHeadBytes - manifestMagic.length)]));
	}

	add(entry: ManifestEntry): void {
		assert(this.#last === null || comparePaths(this.#last, entry.path) < 0, "a manifest is sorted by path");
		this.#last = entry.path;
		const node = encodeNode(entry);
		this.#hasher.update(node);
		this.#put(node);
		this.#put(encodeStamp(entry.stamp));
		this.#entryCount++;
		this.#count(entry);
	}

	/** Writes the rest. The file is whole when this returns, and not durable yet. */
	finish(): ManifestSummary {
		this.#flush();
		const head = Buffer.alloc(manifestHeadBytes - manifestMagic.length);
		head.writeBigInt64LE(this.startedNs, 0);
		head.writeUInt32LE(this.#entryCount, 8);
		writeSync(this.#file.descriptor, head, 0, head.length, manifestMagic.length);
		return {
			treeId: this.#hasher.digest("hex") as TreeId,
			fileCount: this.#fileCount,
			byteCount: this.#byteCount,
			trueModes: this.#trueModes,
		};
	}

	[Symbol.dispose](): void {
		this.#file[Symbol.dispose]();
	}

	#count({ path, node }: ManifestEntry): void {
		if (node.kind === "symlink") return;
		if (readableMode(node.kind, node.mode) !== node.mode) this.#trueModes.push([path, node.mode]);
		if (node.kind !== "file") return;
		this.#fileCount++;
		this.#byteCount += node.size;
	}

	#put(bytes: Buffer): void {
		this.#block.push(bytes);
		this.#blockBytes += bytes.length;
		if (this.#blockBytes >= blockBytes) this.#flush();
	}

	#flush(): void {
		const bytes = Buffer.concat(this.#block);
		this.#block = [];
		this.#blockBytes = 0;
		try {
			writeChunks(this.#file.descriptor, [bytes]);
		} catch (error) {
			throw asDiskFull(error);
		}
	}
}
