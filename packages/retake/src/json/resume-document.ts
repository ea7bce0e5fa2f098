import { z } from "zod";
import { addressField, divergenceKind, pathField, runIdField } from "./fields.ts";

/** What `retake resume --json` prints, and `retake replay --json` with `--fork-at` or `--policy fork`. */
export const resumeDocument = z.strictObject({
	runId: runIdField.describe("id of the run that goes on: a child run, complete in itself"),
	parentRunId: runIdField.describe("id of the run that it goes on from, which is as it was"),
	served: z.int().describe("calls served from the record"),
	executed: z.int().describe("calls executed after that"),
	executedAgain: z
		.array(addressField)
		.describe("calls on record that were under way where the record was left, and were executed again"),
	divergence: z
		.strictObject({ kind: divergenceKind, address: addressField.nullable(), message: z.string() })
		.nullable()
		.describe("where it left the record before the point that was asked for; null where it did not"),
	verdict: z.string(),
	failed: z.boolean(),
	changedPaths: z.array(pathField),
	outcome: z.enum(["kept", "rolled-back"]).describe("rolled-back for a candidate that did not pass"),
});
