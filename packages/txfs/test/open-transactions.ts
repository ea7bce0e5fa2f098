import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createMemoryBlobs } from "@retake/changeset";
import { openStore } from "@retake/store";
import type { TransactionHarness } from "@retake/testkit";
import {
	beginCopy,
	beginMemory,
	beginOverlay,
	type FileSystemOptions,
	openSnapshots,
	type Transaction,
} from "@retake/txfs";
import { expect } from "vitest";

/** Begins transactions that show their tree as asked. */
export interface OpenTransactions extends TransactionHarness {
	begin(fileSystem?: FileSystemOptions): Transaction;
}

/** Makes transactions of a kind ready over a base directory; `layersMax` bounds what one overlay mount takes, of which `joinsNames` tells more. */
export async function openTransactions(
	baseDirectory: string,
	kind: Transaction["backend"],
	layersMax: number,
	joinsNames = false,
): Promise<OpenTransactions> {
	const directory = mkdtempSync(join(tmpdir(), "retake-transaction-"));
	const root = mkdtempSync(join(directory, "space-"));
	const store = openStore(join(directory, "store"), { clock: systemClock });
	const blobs = createMemoryBlobs();
	const snapshot = await openSnapshots({ store, owner: null }).fromDirectory(baseDirectory);
	const space = () => ({ root, layersMax, joinsNames });
	return {
		blobs,
		begin: (fileSystem = {}) => {
			if (kind === "memory") return beginMemory({ base: snapshot, blobs, fileSystem });
			const options = { space, owner: null, blobs, fileSystem };
			return kind === "copy" ? beginCopy({ base: snapshot, ...options }) : beginOverlay({ snapshot, ...options });
		},
		[Symbol.asyncDispose]: async () => {
			// Every transaction of the suite was disposed of: none may have left a layer.
			expect(readdirSync(root)).toEqual([]);
			store[Symbol.dispose]();
			rmSync(directory, { recursive: true });
		},
	};
}
