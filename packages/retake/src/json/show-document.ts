import { z } from "zod";
import { addressField, durationField, hashField, pathField, valueField } from "./fields.ts";
import { runSummary } from "./runs-document.ts";
import { streamedList } from "./streamed-list.ts";

const outcome = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("result"), value: valueField }),
	z.strictObject({ kind: z.literal("error"), code: z.string(), message: z.string() }),
	z.strictObject({ kind: z.literal("cancelled") }),
	z.strictObject({ kind: z.literal("in-flight") }).describe("the run was cut off before the call ended"),
]);

const call = z.strictObject({
	address: addressField,
	tool: z.string(),
	input: valueField,
	outcome,
	startedMs: durationField.describe("milliseconds since the run began"),
	durationMs: durationField.nullable().describe("milliseconds; null for a call in flight"),
	changedPaths: z.array(pathField),
});

/** What `retake show RUN [CALL] --json` prints; with CALL, `calls` holds that one. */
export const showDocument = z.strictObject({
	run: runSummary,
	base: z.strictObject({ treeId: hashField, commit: z.string().nullable(), workspace: z.string() }),
	sandbox: z.record(z.string(), z.string()).describe("what was in force, by name"),
	rootHash: hashField.describe("hash of the log's last event"),
	complete: z.boolean().describe("whether the log holds the run's end"),
	calls: z.array(call).describe("in the order in which they were issued"),
	children: z.array(runSummary).describe("candidates of an evaluation, forks of a run"),
});

/** The same, with the calls made, checked and printed one after the other. */
export const streamedShowDocument = showDocument.extend({ calls: streamedList(call) });
