import { z } from "zod";
import { pathField } from "./fields.ts";

/** What `retake recover --json` prints. */
export const recoverDocument = z.strictObject({
	rolledForward: z
		.array(z.strictObject({ commitId: z.string(), paths: z.array(pathField) }))
		.describe("commits that were made and are now in place"),
	displaced: z
		.array(z.strictObject({ commitId: z.string(), keptAt: z.array(pathField) }))
		.describe("what commits, these or earlier ones, found in their way and kept in .retake/displaced"),
	discarded: z.array(z.string()).describe("ids of commits that had not been made: they never happened"),
});
