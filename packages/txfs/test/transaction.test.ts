import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createMemoryBlobs } from "@retake/changeset";
import { openStore } from "@retake/store";
import { describeTransactions, type TransactionHarness } from "@retake/testkit";
import { beginMemory, beginOverlay, openSnapshots } from "@retake/txfs";
import { expect } from "vitest";

async function openHarness(
	baseDirectory: string,
	kind: "overlay" | "memory",
	layersMax: number,
): Promise<TransactionHarness> {
	const directory = mkdtempSync(join(tmpdir(), "retake-transaction-"));
	const root = mkdtempSync(join(directory, "space-"));
	const store = openStore(join(directory, "store"), { clock: systemClock });
	const blobs = createMemoryBlobs();
	const snapshot = await openSnapshots({ store, owner: null }).fromDirectory(baseDirectory);
	const space = () => ({ root, layersMax });
	return {
		blobs,
		begin: () =>
			kind === "memory"
				? beginMemory({ base: snapshot, blobs })
				: beginOverlay({ snapshot, space, owner: null, blobs }),
		[Symbol.asyncDispose]: async () => {
			// Every transaction of the suite was disposed of: none may have left a layer.
			expect(readdirSync(root)).toEqual([]);
			store[Symbol.dispose]();
			rmSync(directory, { recursive: true });
		},
	};
}

describeTransactions("memory transaction", (base) => openHarness(base, "memory", 0));
describeTransactions("overlay transaction", (base) => openHarness(base, "overlay", 100));
describeTransactions("overlay transaction that folds at every other step", (base) => openHarness(base, "overlay", 2));
