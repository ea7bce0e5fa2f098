import { z } from "zod";
import { addressField, divergenceKind, hashField, runIdField, valueField } from "./fields.ts";

const difference = z.strictObject({
	address: addressField,
	tool: z.string(),
	field: z.enum(["outcome", "exitCode", "stdout", "stderr", "network", "changeset"]),
	cause: z.enum(["time", "path", "pid", "order", "randomness", "other"]),
	recorded: z.string(),
	actual: z.string(),
});

const divergence = z.strictObject({
	kind: divergenceKind,
	address: addressField.nullable(),
	message: z.string(),
	recorded: valueField.describe("the recorded call's tool and input; null where there is none"),
	actual: valueField.describe("the same of the call that was made"),
});

const exchanges = z.strictObject({
	recorded: z.int(),
	served: z.int().describe("those that the command asked for again"),
	missed: z
		.array(
			z.strictObject({
				request: valueField,
				nearest: addressField.nullable().describe("the recorded request most like it"),
				differences: z.array(z.string()).describe("JSON pointers to where the two differ"),
			}),
		)
		.describe("requests that are not on record"),
	unconsumed: z.array(addressField).describe("recorded exchanges that were not asked for"),
});

/** What `retake replay --json` prints. */
export const replayDocument = z.strictObject({
	runId: runIdField,
	calls: z.int().describe("calls in the record"),
	served: z.int().describe("calls served from the record"),
	cutOff: z
		.boolean()
		.describe("whether the record ends without the run's end, so that only what came before is proved"),
	divergences: z.array(divergence),
	rootHash: z.strictObject({ recorded: hashField, recomputed: hashField }),
	verification: z
		.strictObject({
			calls: z.int().describe("calls executed again"),
			equal: z.int().describe("calls that came out the same to the byte"),
			environment: z
				.array(z.strictObject({ name: z.string(), recorded: z.string(), actual: z.string() }))
				.describe("what the run had around it otherwise than now: kernel, image, clock"),
			differences: z.array(difference),
			divergences: z
				.array(divergence)
				.describe("`output` for calls that came out otherwise, `state` for calls after which the workspace is another"),
			exchanges: exchanges.nullable().describe("null where the command's HTTP was not recorded"),
		})
		.nullable()
		.describe("null without --verify"),
});
