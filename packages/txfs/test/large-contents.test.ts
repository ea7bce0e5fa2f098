import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setInterval } from "node:timers";
import { systemClock } from "@retake/base";
import type { BlobReceiver, TreePath } from "@retake/changeset";
import { openStore, type Store } from "@retake/store";
import { beginCopy, beginOverlay, openSnapshots, type Transaction } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const mebibyte = 1024 * 1024;
let scratch: string;
let store: Store;

beforeEach(() => {
	scratch = mkdtempSync(join(tmpdir(), "retake-large-"));
	for (const name of ["workspace", "space"]) mkdirSync(join(scratch, name));
	store = openStore(join(scratch, "store"), { clock: systemClock });
});

afterEach(() => {
	store[Symbol.dispose]();
	rmSync(scratch, { recursive: true, force: true });
});

describe.each(["overlay", "copy"] as const)("%s: files that a thread reads", (kind) => {
	test("come back as they were written, whatever they are beside, and other work goes on meanwhile", async () => {
		await withTransaction(kind, async (transaction) => {
			const files: Record<string, Buffer> = {
				text: Buffer.from("a line of some length\n".repeat(400_000)),
				random: noise(20 * mebibyte + 3),
				"same as text": Buffer.from("a line of some length\n".repeat(400_000)),
				small: Buffer.from("small"),
				"deep/zeros": Buffer.alloc(9 * mebibyte),
			};
			let turns = 0;
			const timer = setInterval(() => turns++, 1);
			const before = { turns: 0 };
			const { changeset } = await transaction.step(async (layer) => {
				for (const [path, bytes] of Object.entries(files)) layer.writeFile(path as TreePath, [bytes], 0o644);
				before.turns = turns;
			});
			clearInterval(timer);
			for (const [path, bytes] of Object.entries(files)) {
				const change = changeset.changes.find((each) => each.path === path);
				const content = createHash("sha256").update(bytes).digest("hex");
				expect(change?.now).toMatchObject({ kind: "file", size: bytes.length, content });
				expect(Buffer.concat([...transaction.chunks(path as TreePath)]).equals(bytes)).toBe(true);
				expect(Buffer.concat([...store.blobs.chunks(content as never)]).equals(bytes)).toBe(true);
			}
			// Some forty pieces were kept, and each came by a message of its own.
			expect(turns - before.turns).toBeGreaterThan(10);
		});
	});

	test("that cannot be kept fail the step, and leave nothing in the store", async () => {
		const receive = store.blobs.receive.bind(store.blobs);
		let pieces = 0;
		store.blobs.receive = (): BlobReceiver => {
			const receiver = receive();
			const add = receiver.add.bind(receiver);
			receiver.add = (piece) => {
				if (++pieces === 5) throw new Error("no room");
				add(piece);
			};
			return receiver;
		};
		await withTransaction(kind, async (transaction) => {
			const step = transaction.step(async (layer) => {
				layer.writeFile("large" as TreePath, [noise(16 * mebibyte)], 0o644);
			});
			await expect(step).rejects.toThrow("no room");
			expect(transaction.lookup("large" as TreePath)).toBeNull();
			const { blobs, bytesOnDisk } = store.collectGarbage({ dryRun: true, graceMs: 0 });
			expect({ blobs, bytesOnDisk }).toEqual({ blobs: 0, bytesOnDisk: 0 });
		});
	});
});

async function withTransaction(
	kind: "overlay" | "copy",
	body: (transaction: Transaction) => Promise<void>,
): Promise<void> {
	writeFileSync(join(scratch, "workspace", "there"), "before\n");
	using snapshots = openSnapshots({ store, owner: null });
	const snapshot = await snapshots.fromDirectory(join(scratch, "workspace"));
	const space = () => ({ root: join(scratch, "space"), layersMax: 100 });
	const options = { space, owner: null, blobs: store.blobs };
	await using transaction =
		kind === "overlay" ? beginOverlay({ ...options, snapshot }) : beginCopy({ ...options, base: snapshot });
	await body(transaction);
}

/** Bytes that nothing compresses, the same each time. */
function noise(length: number): Buffer {
	const pieces = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash("sha256").update(`${index}`));
	return Buffer.concat(pieces.map((hash) => hash.digest())).subarray(0, length);
}
