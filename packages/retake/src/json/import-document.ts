import { z } from "zod";
import { hashField, runIdField } from "./fields.ts";

/** What `retake import --json` prints. */
export const importDocument = z.strictObject({
	file: z.string(),
	runs: z.array(
		z.strictObject({
			runId: runIdField,
			rootHash: hashField.nullable(),
			outcome: z.enum(["copied", "there"]).describe("there: the store had it already, the same to the last event"),
		}),
	),
});
