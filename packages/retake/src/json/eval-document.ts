import { z } from "zod";
import {
	committedField,
	droppedBytesField,
	durationField,
	hashField,
	outputField,
	pathField,
	risksField,
	runIdField,
	submodulesField,
} from "./fields.ts";

const check = z.strictObject({
	name: z.string(),
	exitCode: z.int().nullable().describe("null where a signal ended the check"),
	signal: z.string().nullable(),
	timedOut: z.boolean(),
	outOfMemory: z.boolean(),
	durationMs: durationField,
	stdout: outputField,
	stderr: outputField,
	droppedBytes: droppedBytesField,
});

const candidate = z.strictObject({
	name: z.string().describe("base name of the patch file without .patch or .diff, or the name given to the command"),
	runId: runIdField.nullable().describe("null where the run could not begin"),
	verdict: z.enum(["pass", "fail", "timeout", "out-of-memory", "invalid-patch", "policy", "error"]),
	reason: z.string().nullable().describe("why, in a sentence; null for pass"),
	checks: z.array(check).describe("those that ran, in order"),
	changedPaths: z.array(pathField),
	risks: risksField,
	patchBytes: z.int().describe("size of the candidate as a patch; 0 unless it passed"),
});

/** What `retake eval --json` prints. */
export const evalDocument = z.strictObject({
	runId: runIdField.describe("id of the evaluation, itself a run"),
	base: z.strictObject({ treeId: hashField, commit: z.string().nullable(), submodules: submodulesField }),
	candidates: z.array(candidate).describe("in the order in which they were given"),
	selected: z.string().nullable().describe("name of the candidate that was chosen; null where none passed"),
	committed: committedField,
});
