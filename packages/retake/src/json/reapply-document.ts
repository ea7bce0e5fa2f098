import { z } from "zod";
import { addressField, pathField, runIdField } from "./fields.ts";

/** What `retake reapply --json` prints. */
export const reapplyDocument = z.strictObject({
	runId: runIdField.describe("id of the run that was made"),
	of: runIdField.describe("id of the run whose actions were executed"),
	calls: z.int().describe("calls of tools in that run"),
	executed: z.int().describe("those that were executed"),
	skipped: z.array(addressField).describe("those that had been cancelled, which are not executed"),
	differences: z.array(
		z.strictObject({
			address: addressField,
			tool: z.string(),
			field: z.string().describe("what differs: outcome, exitCode, stdout or stderr"),
			cause: z.string(),
			recorded: z.string(),
			actual: z.string(),
		}),
	),
	changedPaths: z.array(pathField),
	outcome: z.enum(["kept", "rolled-back"]).describe("rolled-back where a difference ended it"),
});
