import { RetakeError } from "@retake/base";
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

/** Checks options against a schema in one pass. Throws `USAGE`; a misspelt name is answered with the one that was meant. */
export function checkOptions<Schema extends z.ZodObject>(schema: Schema, options: unknown): z.output<Schema> {
	const parsed = schema.safeParse(options);
	if (parsed.success) return parsed.data;
	const known = Object.keys(schema.shape);
	const problems = parsed.error.issues.flatMap((issue) => {
		if (issue.code !== "unrecognized_keys") return [`${z.core.toDotPath(issue.path) || "options"}: ${issue.message}`];
		return issue.keys.map((key) => misspelt(key, known));
	});
	throw new RetakeError("USAGE", problems.join("; "), { sort: "misuse", data: { problems } });
}

function misspelt(key: string, known: readonly string[]): string {
	const meant = closest(key, known);
	return distance(key, meant) <= Math.max(2, key.length / 2)
		? `"${key}" should be "${meant}"`
		: `"${key}" is not an option`;
}
