import { z } from "zod";
import { timeField } from "./fields.ts";

/** What `retake image --json` prints. */
export const imageDocument = z.strictObject({
	action: z.enum(["list", "build", "import", "verify", "remove", "prune"]),
	directory: z.string().describe("where images are kept"),
	made: z
		.enum(["built", "unpacked", "cached"])
		.nullable()
		.describe("unpacked: from a tar that was there; cached: nothing had to be done; null where nothing is made"),
	freed: z.int().nullable().describe("tars and roots that prune removed"),
	images: z.array(
		z.strictObject({
			name: z.string(),
			digest: z.string().describe("SHA-256 of what it is made of: equal contents, equal digest"),
			architecture: z.string().describe("in Docker's words"),
			environment: z.record(z.string(), z.string()),
			from: z.enum(["declaration", "docker", "archive"]),
			entries: z.int().describe("files, directories and links"),
			bytes: z.int().describe("bytes of the contents of its files"),
			createdAt: timeField,
		}),
	),
});
