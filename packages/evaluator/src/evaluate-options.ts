import { z } from "zod";

const candidateSchema = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("patch"),
		name: z.string().min(1),
		patch: z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be a Uint8Array"),
	}),
	z.strictObject({ kind: z.literal("command"), name: z.string().min(1), command: z.string().min(1) }),
]);

/** The schema of what an evaluation needs besides its runtime. */
export const evaluateOptionsSchema = z.strictObject({
	base: z.string().min(1).default("worktree"),
	setup: z.string().min(1).optional(),
	/** What the set-up may reach besides what every command may, as in the runtime's `allow`. */
	setupAllow: z.array(z.string().min(1)).default([]),
	checks: z.array(z.strictObject({ name: z.string().min(1), command: z.string().min(1) })).min(1),
	candidates: z.array(candidateSchema).min(1),
	testPatch: z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be a Uint8Array").optional(),
	jobs: z.int().positive().max(256).optional(),
	commit: z
		.discriminatedUnion("kind", [
			z.strictObject({ kind: z.literal("none") }),
			z.strictObject({ kind: z.literal("worktree") }),
			z.strictObject({ kind: z.literal("branch"), branch: z.string().min(1) }),
			z.strictObject({ kind: z.literal("patch"), file: z.string().min(1), overwrite: z.boolean().default(false) }),
		])
		.default({ kind: "none" }),
});

/** What an evaluation is asked for. */
export type EvaluateOptions = z.input<typeof evaluateOptionsSchema>;

/** The same with every default filled in. */
export type CheckedEvaluateOptions = z.output<typeof evaluateOptionsSchema>;
