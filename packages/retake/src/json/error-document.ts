import { errorCodes } from "@retake/base";
import { z } from "zod";

/** What every verb prints under `--json` where it failed. */
export const errorDocument = z.strictObject({
	error: z.strictObject({
		code: z
			.enum(Object.keys(errorCodes) as [keyof typeof errorCodes])
			.describe("stable: the same failure always has the same code"),
		message: z.string().describe("for people; may change"),
		remedy: z.string().describe("what to do, or the command that looks into it"),
	}),
});
