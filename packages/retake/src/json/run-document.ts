import { z } from "zod";
import {
	committedField,
	droppedBytesField,
	outputField,
	pathField,
	risksField,
	runIdField,
	submodulesField,
} from "./fields.ts";

/** What `retake run --json` prints. */
export const runDocument = z.strictObject({
	runId: runIdField,
	exitCode: z.int().nullable().describe("of the command; null where a signal ended it"),
	signal: z.string().nullable(),
	timedOut: z.boolean(),
	outOfMemory: z.boolean(),
	stdout: outputField,
	stderr: outputField,
	droppedBytes: droppedBytesField,
	changedPaths: z.array(pathField),
	risks: risksField,
	submodules: submodulesField,
	outcome: z.enum(["kept", "committed", "rolled-back"]),
	committed: committedField,
});
