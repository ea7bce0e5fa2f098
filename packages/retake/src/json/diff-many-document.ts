import { z } from "zod";
import { addressField, runIdField } from "./fields.ts";

const kind = z.enum(["same", "resultChanged", "inputChanged", "moved", "inserted", "deleted"]);

/** What `retake diff --json` prints for three runs or more. */
export const diffManyDocument = z.strictObject({
	first: runIdField.describe("the run that all others are compared with"),
	others: z.array(
		z.strictObject({
			runId: runIdField,
			counts: z.record(kind, z.int()).describe("how many calls of each class"),
			firstDivergence: z
				.strictObject({ address: addressField, cause: z.enum(["environment", "agent"]), kind })
				.nullable()
				.describe("null where the run is the same as the first"),
		}),
	),
	calls: z
		.array(
			z.strictObject({
				address: addressField.nullable().describe("in the first run; null for a call that only others made"),
				tool: z.string(),
				in: z
					.array(kind.nullable())
					.describe(
						"how each of the others stands to this call, in their order; null where it did not make it, nor the first",
					),
			}),
		)
		.describe("calls that are not the same in all runs; all of them with --all"),
});
