import { z } from "zod";

/** A run's id. */
export const runIdField = z
	.string()
	.regex(/^[0-9a-hjkmnp-tv-z]{16}$/)
	.describe("id of a run");

/** A SHA-256. */
export const hashField = z
	.string()
	.regex(/^[0-9a-f]{64}$/)
	.describe("SHA-256, 64 hexadecimal digits");

/** A path of the workspace. */
export const pathField = z
	.string()
	.describe("relative to the workspace; a byte that is not UTF-8 is the lone surrogate U+DC00 + byte");

/** What a tree holds at a path. */
export const nodeField = z
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

/** A moment. */
export const timeField = z.iso.datetime().describe("UTC");

/** A duration. */
export const durationField = z.number().nonnegative().describe("milliseconds");

/** What is missing from a command's output. */
export const droppedBytesField = z
	.strictObject({ stdout: z.int(), stderr: z.int() })
	.describe("bytes of output that came after the limit and were dropped");

/** Output of a command. */
export const outputField = z.string().describe("output as UTF-8; what is not UTF-8 is U+FFFD");

/** Paths that a change touches and that programs outside every sandbox may obey. */
export const risksField = z
	.array(
		z.strictObject({
			path: pathField,
			kind: z.enum([
				"environment",
				"editor",
				"continuous-integration",
				"agent",
				"hook",
				"git-settings",
				"package-script",
				"build-script",
				"link-outside",
			]),
			reason: z.string(),
		}),
	)
	.describe(
		"changed paths that a shell, an editor, an agent, git or a build may obey once they are kept; found by their names",
	);

/** Where a call stands in its run. */
export const addressField = z.string().describe("SCOPE#NUMBER; the scope of the run itself is /");

/** In what a replay differs from its record. */
export const divergenceKind = z.enum([
	"missing",
	"extra",
	"tool",
	"input",
	"schema",
	"order",
	"stall",
	"unconsumed",
	"output",
	"state",
]);

/** Where changes were committed to. */
export const committedField = z
	.discriminatedUnion("kind", [
		z.strictObject({ kind: z.literal("worktree"), paths: z.int().describe("paths written or removed") }),
		z.strictObject({
			kind: z.literal("branch"),
			branch: z.string(),
			oid: z.string().describe("the commit that was made"),
		}),
		z.strictObject({
			kind: z.literal("patch"),
			file: z.string().describe("absolute path"),
			bytes: z.int().nonnegative().describe("size of the patch"),
		}),
	])
	.nullable()
	.describe("null where nothing was committed");

/** Any value of JSON. */
export const valueField = z.json();

/** Submodules of the commit that is the base. */
export const submodulesField = z.array(pathField).describe("submodules of the commit: empty directories in the base");
