import { z } from "zod";
import { hashField, runIdField } from "./fields.ts";

const counts = z.record(z.string(), z.int()).describe("how many of each kind, by its name");

/** What `retake import --json` prints. */
export const importDocument = z.strictObject({
	file: z.string(),
	format: z.enum(["retake", "claude-code", "codex", "atif"]),
	runs: z.array(
		z.strictObject({
			runId: runIdField,
			rootHash: hashField.nullable(),
			outcome: z.enum(["copied", "there"]).describe("there: the store had it already, the same to the last event"),
		}),
	),
	transcript: z
		.strictObject({
			sha256: hashField.describe("of the file"),
			agent: z.string(),
			version: z.string().nullable(),
			session: z.string().nullable(),
			calls: z.int().describe("calls of tools"),
			messages: z.int().describe("what was said and thought"),
			entries: z.int().describe("lines, or documents"),
			unreadable: z.int().describe("lines that are no JSON"),
			unknown: counts.describe("entries that this version does not know"),
			leftOut: counts.describe("entries that hold neither a call nor a message, or repeat one"),
			resultsWithoutCall: z.int(),
			callsWithoutResult: z.int(),
		})
		.nullable()
		.describe("what became of a transcript's entries; null for the format retake"),
});
