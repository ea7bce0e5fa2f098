import { layersChoices } from "@retake/runtime";
import { z } from "zod";

const text = z.string().min(1);
const commandsByName = z.record(text, text);

/** The schema of `retake.config.ts` and `retake.config.json`. Each field says what the option of the same name says. */
export const evalConfigurationSchema = z.strictObject({
	base: text.optional(),
	/** Globs of what is no part of the base, and of what is although one of them matches it. */
	exclude: z.array(text).optional(),
	include: z.array(text).optional(),
	setup: text.optional(),
	/** Commands by the check's name. */
	checks: commandsByName.optional(),
	/** Patch files and directories of them, relative to the configuration. */
	candidates: z.array(text).optional(),
	/** Commands by the candidate's name. */
	candidateCommands: commandsByName.optional(),
	testPatch: text.optional(),
	jobs: z.int().positive().optional(),
	sandbox: z.enum(["bubblewrap", "docker"]).optional(),
	layers: z.enum(layersChoices).optional(),
	image: text.optional(),
	clock: z.enum(["host", "fixed"]).optional(),
	timeoutSeconds: z.number().positive().optional(),
	memoryMegabytes: z.number().positive().optional(),
	allow: z.array(text).optional(),
	setupAllow: z.array(text).optional(),
	/** `VARIABLE@HOST:PORT`, as on the command line: names of variables, never values. */
	secrets: z.array(text).optional(),
	/** `none`, `worktree`, `branch:NAME` or `patch:FILE`, a path relative to the configuration. */
	commit: text.optional(),
});

/** What a `retake.config.ts` exports. */
export type EvalConfiguration = z.input<typeof evalConfigurationSchema>;
