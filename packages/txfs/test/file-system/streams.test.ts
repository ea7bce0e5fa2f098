import * as nodeFileSystem from "node:fs";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createMemoryBlobs, createMemoryTree, type TreePath } from "@retake/changeset";
import { DirectoryOracle } from "@retake/testkit";
import { beginMemory, type FileSystem } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenTransactions, openTransactions } from "../open-transactions.ts";
import { failureOf } from "./matrix-operations.ts";
import { plantMatrix } from "./matrix-places.ts";

type Work = (fs: FileSystem, root: string) => Promise<unknown>;

const drain = async (fs: FileSystem, path: string, options?: object): Promise<unknown> =>
	text(fs.createReadStream(path, options));

/** Work with streams and file handles, done in the same way to both file systems. */
const works: Readonly<Record<string, Work>> = {
	"a whole file": (fs, root) => drain(fs, `${root}/file`),
	"a range": (fs, root) => drain(fs, `${root}/file`, { start: 2, end: 5 }),
	"a range in small pieces": (fs, root) => drain(fs, `${root}/file`, { start: 1, highWaterMark: 3 }),
	"a range beyond the end": (fs, root) => drain(fs, `${root}/file`, { start: 8, end: 100 }),
	"a stream of what is missing": (fs, root) => drain(fs, `${root}/missing`),
	"a stream of a directory": (fs, root) => drain(fs, `${root}/full`),
	written: async (fs, root) => {
		await pipeline(["one ", "two ", "three"], fs.createWriteStream(`${root}/new`));
		return fs.readFileSync(`${root}/new`, "utf8");
	},
	"written from a place on": async (fs, root) => {
		await pipeline(["XYZ"], fs.createWriteStream(`${root}/file`, { flags: "r+", start: 4 }));
		return fs.readFileSync(`${root}/file`, "utf8");
	},
	appended: async (fs, root) => {
		await pipeline(["and", " more"], fs.createWriteStream(`${root}/file`, { flags: "a", mode: 0o600 }));
		return fs.readFileSync(`${root}/file`, "utf8");
	},
	"piped from one to the other": async (fs, root) => {
		await pipeline(fs.createReadStream(`${root}/script`), fs.createWriteStream(`${root}/copied`));
		return fs.readFileSync(`${root}/copied`, "utf8");
	},
	"a stream into a directory that is missing": (fs, root) => pipeline(["x"], fs.createWriteStream(`${root}/no/new`)),
	"a file handle": async (fs, root) => {
		const handle = await fs.promises.open(`${root}/file`, "r+");
		try {
			const bytes = Buffer.alloc(4);
			const read = await handle.read(bytes, 0, 4, 2);
			const written = await handle.write("AB", 0);
			await handle.writev([Buffer.from("C"), Buffer.from("D")]);
			await handle.appendFile("E");
			await handle.truncate(8);
			await handle.chmod(0o600);
			await handle.utimes(3, 4);
			await handle.sync();
			await handle.datasync();
			const { size, mode, mtimeMs } = await handle.stat();
			const parts = await handle.readv([Buffer.alloc(2), Buffer.alloc(3)], 1);
			return [
				read.bytesRead,
				bytes.toString(),
				written.bytesWritten,
				size,
				mode,
				mtimeMs,
				parts.bytesRead,
				String(parts.buffers[1]),
			];
		} finally {
			await handle.close();
		}
	},
	"the lines of a file handle": async (fs, root) => {
		await using handle = await fs.promises.open(`${root}/script`);
		const lines: string[] = [];
		for await (const line of handle.createReadStream({ encoding: "utf8" })) lines.push(line);
		return lines;
	},
	"a closed file handle": async (fs, root) => {
		const handle = await fs.promises.open(`${root}/file`);
		await handle.close();
		return handle.read(Buffer.alloc(1), 0, 1, 0).then(
			() => "read",
			(error: NodeJS.ErrnoException) => error.code,
		);
	},
	"entries of an opened directory": async (fs, root) => {
		const names: string[] = [];
		for await (const entry of await fs.promises.opendir(`${root}/full`)) names.push(entry.name);
		return names.sort();
	},
	"a copied tree": async (fs, root) => {
		await fs.promises.cp(`${root}/full`, `${root}/other/place`, { recursive: true });
		return fs.readdirSync(`${root}/other`, { recursive: true }).map(String).toSorted();
	},
	vectors: async (fs, root) => {
		const descriptor = fs.openSync(`${root}/file`, "r+");
		const count = fs.writevSync(descriptor, [Buffer.from("12"), Buffer.from("345")], 3);
		const parts = [Buffer.alloc(3), Buffer.alloc(9)];
		const read = fs.readvSync(descriptor, parts, 0);
		fs.closeSync(descriptor);
		return [count, read, parts.map(String)];
	},
};

describe("streams and file handles of transaction.fs, beside node:fs", () => {
	let oracle: DirectoryOracle;
	let transactions: OpenTransactions;
	beforeAll(async () => {
		oracle = DirectoryOracle.empty();
		plantMatrix(oracle.path);
		transactions = await openTransactions(oracle.path, "memory", 100);
	});
	afterAll(async () => {
		await transactions[Symbol.asyncDispose]();
		oracle[Symbol.dispose]();
	});
	test.each(Object.entries(works))("%s", async (_, work) => {
		plantMatrix(oracle.path);
		await using transaction = transactions.begin({ mount: oracle.path });
		const outcome = (fs: FileSystem) => work(fs, oracle.path).then((value) => ({ value }), failureOf);
		expect(await outcome(transaction.fs)).toEqual(await outcome(nodeFileSystem));
	});
});

test("a file is streamed, ranges included, without being whole in memory", async () => {
	const size = 1024 ** 3;
	let chunksRead = 0;
	const base = createMemoryTree(
		[{ path: "large" as TreePath, node: { kind: "file", mode: 0o644, size, content: "a".repeat(64) as never } }],
		createMemoryBlobs(),
	);
	const tree = {
		...base,
		*chunks() {
			for (let at = 0; at < size; at += 1024 ** 2) {
				chunksRead++;
				yield Buffer.alloc(1024 ** 2, at / 1024 ** 2);
			}
		},
	};
	await using transaction = beginMemory({ base: tree, blobs: createMemoryBlobs() });
	const before = process.memoryUsage().arrayBuffers;
	let peak = 0;
	let read = 0;
	for await (const chunk of transaction.fs.createReadStream("/large", {
		start: 300 * 1024 ** 2,
		end: 500 * 1024 ** 2 - 1,
	})) {
		read += (chunk as Buffer).length;
		peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
	}
	expect(read).toBe(200 * 1024 ** 2);
	expect(chunksRead, "read in one pass").toBe(500);
	// Buffers that were read wait for the collector; a whole file would be the whole size.
	expect(peak).toBeLessThan(size / 2);
});

test("only the files that somebody asks for are looked up", async () => {
	const blobs = createMemoryBlobs();
	const content = blobs.write(Buffer.from("some text"));
	const node = { kind: "file", mode: 0o644, size: 9, content } as const;
	const base = createMemoryTree(
		Array.from({ length: 1000 }, (_, index) => ({ path: `f${index}` as TreePath, node })),
		blobs,
	);
	const asked = new Set<string>();
	const lookup = (path: TreePath) => {
		asked.add(path);
		return base.lookup(path);
	};
	await using transaction = beginMemory({ base: { ...base, lookup }, blobs });
	const { fs } = transaction;
	expect(fs.readdirSync("/", { withFileTypes: true })).toHaveLength(1000);
	expect(fs.readFileSync("/f7", "utf8")).toBe("some text");
	fs.writeFileSync("/new", "new");
	fs.unlinkSync("/f8");
	await transaction.flush();
	// A snapshot may have to read a whole file to say what it is.
	expect([...asked].toSorted()).toEqual(["f7", "f8", "new"]);
});
