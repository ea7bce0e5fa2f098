import { z } from "zod";

/** What `retake gc --json` prints. */
export const gcDocument = z.strictObject({
	dryRun: z.boolean().describe("whether nothing was freed, only counted"),
	runs: z.int().describe("runs removed, as --older-than and --keep asked for"),
	snapshots: z.int().describe("trees from which a run could begin"),
	trees: z.int().describe("layers of snapshots on disk, half-made ones too"),
	treeBytes: z.int().describe("bytes that those layers take on disk"),
	blobs: z.int().describe("file contents"),
	bytes: z.int().describe("bytes of those contents"),
	bytesOnDisk: z.int().describe("bytes of those contents as the store keeps them"),
	changesets: z.int(),
	displaced: z.int().describe("commits whose displaced files were removed, as --displaced asked for"),
	displacedBytes: z.int().describe("bytes that those files took on disk"),
});
