import { z } from "zod";
import { hashField, runIdField } from "./fields.ts";

/** What `retake export --json` prints. */
export const exportDocument = z.strictObject({
	file: z.string(),
	format: z.enum(["retake", "jsonl", "otlp", "atif"]),
	bytes: z.int(),
	runs: z
		.array(z.strictObject({ runId: runIdField, rootHash: hashField.nullable() }))
		.describe("the run that was asked for, then those that came of it"),
});
