import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createMemoryBlobs, type TreePath } from "@retake/changeset";
import { openStore } from "@retake/store";
import { beginMemory, openSnapshots, type Snapshot } from "@retake/txfs";
import { createFsFromVolume, Volume } from "memfs";
import type { BenchContext, BenchRow } from "../harness/bench-row.ts";
import { type Contestant, interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { type MemoryPeer, openAgentFileSystem, openJustBash } from "../peers/memory-peers.ts";

const fileBytes = 4096;
const directories = 20;

const pathOf = (index: number): string => `d${index % directories}/f${index}`;

/** Bytes of a file that no other has. */
const bytesOf = (index: number): Buffer => Buffer.alloc(fileBytes, `${index} of a file. `);

async function forEachFile(count: number, work: (path: string, index: number) => unknown): Promise<number> {
	const total = await measure(async () => {
		for (let index = 0; index < count; index++) await work(pathOf(index), index);
	});
	return total / count;
}

/** Compares writing and reading files off the workspace with memfs alone and with what agents' runtimes offer. */
export const fileSystemRow: BenchRow = {
	name: "file-system",
	title: "files of 4 KiB written and read in memory, over a workspace or alone",
	run: async (context) => {
		const { scratch, smoke, peers } = context;
		const count = smoke ? 60 : 500;
		const rounds = smoke ? 2 : 7;
		const workspace = join(scratch, "workspace");
		for (let index = 0; index < directories; index++) mkdirSync(join(workspace, `d${index}`), { recursive: true });
		for (let index = 0; index < count; index++) writeFileSync(join(workspace, pathOf(index)), bytesOf(index));
		using store = openStore(join(scratch, "store"), { clock: systemClock });
		using snapshots = openSnapshots({ store, owner: null });
		const snapshot = await snapshots.fromDirectory(workspace);
		return {
			sections: [
				{
					title: `write ${count} files, one file`,
					measurements: await interleave(await writers(count, snapshot, workspace, context), rounds),
				},
				{
					title: `read ${count} files, one file`,
					measurements: await interleave(await readers(count, snapshot, workspace, context), rounds),
				},
			],
			targets: [],
			notes: [
				"Each writes into a file system of its own, through its asynchronous calls but where it says sync; every file's bytes are its own.",
				"A flush makes the writes one step: every file is hashed, compared with the base and kept by its hash, and the step can be rolled back.",
				...(peers === null
					? ["just-bash and agentfs-sdk take part where --peers names a directory that has them."]
					: []),
			],
		};
	},
};

function plainVolume() {
	const fs = createFsFromVolume(new Volume());
	for (let index = 0; index < directories; index++) fs.mkdirSync(`/d${index}`);
	return fs;
}

function begin(snapshot: Snapshot) {
	return beginMemory({ base: snapshot, blobs: createMemoryBlobs() });
}

async function writers(
	count: number,
	snapshot: Snapshot,
	workspace: string,
	{ peers }: BenchContext,
): Promise<Contestant[]> {
	const contestants: Contestant[] = [
		{
			name: "memfs alone",
			sample: () => {
				const { promises } = plainVolume();
				return forEachFile(count, (path, index) => promises.writeFile(`/${path}`, bytesOf(index + 1)));
			},
		},
		{
			name: "memfs alone, sync",
			sample: () => {
				const fs = plainVolume();
				return forEachFile(count, (path, index) => fs.writeFileSync(`/${path}`, bytesOf(index + 1)));
			},
		},
		{
			name: "retake: transaction.fs",
			sample: async () => {
				await using transaction = begin(snapshot);
				const { promises } = transaction.fs;
				return await forEachFile(count, (path, index) => promises.writeFile(`/${path}`, bytesOf(index + 1)));
			},
		},
		{
			name: "retake: transaction.fs, sync",
			sample: async () => {
				await using transaction = begin(snapshot);
				const { fs } = transaction;
				return await forEachFile(count, (path, index) => fs.writeFileSync(`/${path}`, bytesOf(index + 1)));
			},
		},
		{
			name: "retake: transaction.fs, sync, and flush",
			sample: async () => {
				await using transaction = begin(snapshot);
				const { fs } = transaction;
				const total = await measure(async () => {
					for (let index = 0; index < count; index++) fs.writeFileSync(`/${pathOf(index)}`, bytesOf(index + 1));
					await transaction.flush();
				});
				return total / count;
			},
		},
		{
			name: "retake: a step of the memory backend",
			sample: async () => {
				await using transaction = begin(snapshot);
				const total = await measure(() =>
					transaction.step(async (layer) => {
						for (let index = 0; index < count; index++) {
							layer.writeFile(pathOf(index) as TreePath, [bytesOf(index + 1)], 0o644);
						}
					}),
				);
				return total / count;
			},
		},
	];
	const write = (open: () => Promise<MemoryPeer>): Contestant["sample"] => {
		return async () => {
			await using peer = await open();
			for (let index = 0; index < directories; index++) await peer.mkdir(`/d${index}`).catch(() => {});
			return await forEachFile(count, (path, index) => peer.write(`/${path}`, bytesOf(index + 1)));
		};
	};
	return [...contestants, ...(await peerContestants(peers, workspace, write))];
}

async function readers(
	count: number,
	snapshot: Snapshot,
	workspace: string,
	{ peers }: BenchContext,
): Promise<Contestant[]> {
	const volume = plainVolume();
	await forEachFile(count, (path, index) => volume.writeFileSync(`/${path}`, bytesOf(index)));
	const contestants: Contestant[] = [
		{ name: "memfs alone", sample: () => forEachFile(count, (path) => volume.promises.readFile(`/${path}`)) },
		{
			name: "retake: transaction.fs, written before",
			sample: async () => {
				await using transaction = begin(snapshot);
				const { fs } = transaction;
				await forEachFile(count, (path, index) => fs.writeFileSync(`/${path}`, bytesOf(index + 1)));
				return await forEachFile(count, (path) => fs.promises.readFile(`/${path}`));
			},
		},
		{
			name: "retake: transaction.fs, from the snapshot, first time",
			sample: async () => {
				await using transaction = begin(snapshot);
				return await forEachFile(count, (path) => transaction.fs.promises.readFile(`/${path}`));
			},
		},
	];
	const read = (open: () => Promise<MemoryPeer>, isOverWorkspace: boolean): Contestant["sample"] => {
		return async () => {
			await using peer = await open();
			if (!isOverWorkspace) {
				for (let index = 0; index < directories; index++) await peer.mkdir(`/d${index}`);
				await forEachFile(count, (path, index) => peer.write(`/${path}`, bytesOf(index)));
			}
			return await forEachFile(count, (path) => peer.read(`/${path}`));
		};
	};
	return [...contestants, ...(await peerContestants(peers, workspace, read))];
}

async function peerContestants(
	peers: string | null,
	workspace: string,
	sampleOf: (open: () => Promise<MemoryPeer>, isOverWorkspace: boolean) => Contestant["sample"],
): Promise<Contestant[]> {
	if (peers === null) return [];
	const openers = [
		{ open: () => openJustBash(peers, workspace), isOverWorkspace: true },
		{ open: () => openAgentFileSystem(peers), isOverWorkspace: false },
	];
	return Promise.all(
		openers.map(async ({ open, isOverWorkspace }) => {
			await using peer = await open();
			return { name: peer.name, sample: sampleOf(open, isOverWorkspace) };
		}),
	);
}
