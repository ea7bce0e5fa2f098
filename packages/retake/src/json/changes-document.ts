import { z } from "zod";
import { hashField, pathField, risksField, runIdField } from "./fields.ts";

const node = z
	.discriminatedUnion("kind", [
		z.strictObject({
			kind: z.literal("file"),
			mode: z.int().describe("permission bits"),
			size: z.int().describe("bytes"),
			content: hashField,
		}),
		z.strictObject({ kind: z.literal("symlink"), target: z.string() }),
		z.strictObject({ kind: z.literal("directory"), mode: z.int().describe("permission bits") }),
	])
	.nullable()
	.describe("null where nothing is");

/** What `retake changes --json` prints. */
export const changesDocument = z.strictObject({
	runId: runIdField,
	changes: z.array(z.strictObject({ path: pathField, was: node, now: node })),
	risks: risksField,
	patch: z.string().nullable().describe("as git diff writes it; null without --patch"),
});
