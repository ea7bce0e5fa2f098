import { z } from "zod";
import { runIdField, timeField } from "./fields.ts";

/** A run as it is listed. */
export const runSummary = z.strictObject({
	runId: runIdField,
	parentRunId: runIdField.nullable().describe("the evaluation that a candidate belongs to; null for a run of its own"),
	kind: z.enum(["command", "candidate", "evaluation", "library", "mcp", "imported"]),
	title: z.string(),
	startedAt: timeField,
	endedAt: timeField.nullable().describe("null for a run that is open or was cut off"),
	state: z.enum(["open", "kept", "committed", "rolled-back"]),
	failed: z.boolean().nullable(),
	verdict: z.string().nullable(),
});

/** What `retake runs --json` prints. */
export const runsDocument = z.strictObject({ runs: z.array(runSummary).describe("newest first") });
