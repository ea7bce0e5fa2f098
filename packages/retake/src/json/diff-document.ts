import { z } from "zod";
import { addressField, nodeField, pathField, runIdField, valueField } from "./fields.ts";

const difference = z.strictObject({
	pointer: z.string().describe("JSON pointer (RFC 6901) to what differs"),
	a: valueField.describe("null where it is absent"),
	b: valueField.describe("null where it is absent"),
});

const row = z.strictObject({
	kind: z.enum(["same", "resultChanged", "inputChanged", "moved", "inserted", "deleted"]),
	tool: z.string(),
	a: addressField.nullable(),
	b: addressField.nullable(),
	differences: z.array(difference),
});

/** What `retake diff --json` prints. */
export const diffDocument = z.strictObject({
	a: runIdField,
	b: runIdField,
	rows: z
		.strictObject({
			same: z.int(),
			resultChanged: z.int(),
			inputChanged: z.int(),
			moved: z.int(),
			inserted: z.int(),
			deleted: z.int(),
		})
		.describe("how many calls of each class"),
	hiddenDifferences: z.int().describe("differences that the ignore rules leave out of account"),
	firstDivergence: z
		.strictObject({
			address: addressField.describe("in a, or in b for an inserted call"),
			cause: z.enum(["environment", "agent"]).describe("environment: same input, other result; agent: other input"),
			kind: z.enum(["resultChanged", "inputChanged", "moved", "inserted", "deleted"]),
			tool: z.string(),
			tree: z
				.strictObject({
					sameBase: z
						.boolean()
						.describe("whether the runs began with the same tree; where not, what they changed is compared"),
					paths: z.array(
						z.strictObject({
							path: pathField,
							a: nodeField,
							b: nodeField,
							when: z.enum(["before", "byTheCall"]).describe("whether they differed before the runs parted"),
						}),
					),
				})
				.nullable()
				.describe("paths in which the trees differ as the calls there left them"),
		})
		.nullable()
		.describe("null where the runs are the same"),
	calls: z.array(row).describe("calls that are not the same; all of them with --all"),
});
