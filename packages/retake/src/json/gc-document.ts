import { z } from "zod";

/** What `retake gc --json` prints. */
export const gcDocument = z.strictObject({
	dryRun: z.boolean().describe("whether nothing was freed, only counted"),
	blobs: z.int(),
	bytes: z.int().describe("bytes of those blobs"),
	changesets: z.int(),
	trees: z.int().describe("snapshots and layers on disk"),
	treeBytes: z.int().describe("bytes of those trees"),
});
