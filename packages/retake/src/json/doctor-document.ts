import { z } from "zod";

const driver = z.strictObject({
	driver: z.enum(["bubblewrap", "docker"]),
	usable: z.boolean(),
	enforcement: z
		.record(z.string(), z.string().nullable())
		.describe("what enforces each limit; null where nothing does"),
	findings: z.array(
		z.strictObject({
			check: z.string(),
			status: z.enum(["ok", "warning", "failed"]),
			detail: z.string(),
			remedy: z.string().nullable(),
		}),
	),
	fingerprint: z.record(z.string(), z.string()).describe("what could change the bytes that a command prints"),
});

/** What `retake doctor --json` prints. */
export const doctorDocument = z.strictObject({
	version: z.string(),
	node: z.string(),
	platform: z.string(),
	usable: z.boolean().describe("whether any driver is"),
	displaced: z.int().describe("files that commits found in their way and kept in .retake/displaced"),
	drivers: z.array(driver),
});
