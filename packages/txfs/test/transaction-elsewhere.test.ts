import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobs } from "@retake/changeset";
import { isLinux } from "@retake/linux";
import { describeTransactions, listDirectory, treeOfListing } from "@retake/testkit";
import { beginCopy } from "@retake/txfs";
import { expect, test, vi } from "vitest";

// Before anything is imported: from here on no system call can be made that `node:fs` lacks, and nothing is reached through /proc.
vi.hoisted(() => Object.defineProperty(process, "platform", { value: "darwin" }));

test("this process takes itself for one on another system", () => {
	expect(isLinux()).toBe(false);
});

describeTransactions("copy transaction on another system than Linux", async (baseDirectory) => {
	const space = { root: mkdtempSync(join(tmpdir(), "retake-elsewhere-")) };
	const blobs = createMemoryBlobs();
	const base = treeOfListing(listDirectory(baseDirectory), blobs);
	return {
		blobs,
		begin: () => beginCopy({ base, space: () => space, owner: null, blobs }),
		[Symbol.asyncDispose]: async () => {
			expect(readdirSync(space.root)).toEqual([]);
			rmSync(space.root, { recursive: true });
		},
	};
});
