import { z } from "zod";
import { nodeField, pathField, risksField, runIdField } from "./fields.ts";

/** What `retake changes --json` prints. */
export const changesDocument = z.strictObject({
	runId: runIdField,
	changes: z.array(z.strictObject({ path: pathField, was: nodeField, now: nodeField })),
	risks: risksField,
	patch: z.string().nullable().describe("as git diff writes it; null without --patch"),
});
