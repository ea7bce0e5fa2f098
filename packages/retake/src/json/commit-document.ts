import { z } from "zod";
import { committedField, runIdField } from "./fields.ts";

/** What `retake commit --json` prints. */
export const commitDocument = z.strictObject({
	runId: runIdField,
	outcome: z.enum(["committed", "committed-recovery-pending"]),
	committed: committedField,
});
