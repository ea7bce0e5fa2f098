import { z } from "zod";
import { addressField, pathField, runIdField } from "./fields.ts";

/** What `retake resume --json` and `retake replay --fork-at --json` print. */
export const resumeDocument = z.strictObject({
	runId: runIdField.describe("id of the run that goes on: a child run, complete in itself"),
	parentRunId: runIdField.describe("id of the run that it goes on from, which is as it was"),
	served: z.int().describe("calls served from the record"),
	executed: z.int().describe("calls executed after that"),
	executedAgain: z
		.array(addressField)
		.describe("calls on record that were under way where the record was left, and were executed again"),
	verdict: z.string(),
	failed: z.boolean(),
	changedPaths: z.array(pathField),
	outcome: z.enum(["kept", "rolled-back"]).describe("rolled-back for a candidate that did not pass"),
});
