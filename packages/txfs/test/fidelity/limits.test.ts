import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { needs } from "@retake/testkit";
import { expect, test } from "vitest";

// F3: `RETAKE_LIMITS=all` takes the sizes that are promised; the tests of every day take smaller ones.
const isWhole = process.env["RETAKE_LIMITS"] === "all";
const gibibyte = 1024 ** 3;
const giantBytes = isWhole ? 20 * gibibyte : gibibyte;
const residentBytesMax = 200e6;

const run = async (name: string, ...words: readonly string[]): Promise<Record<string, unknown>> => {
	const program = join(import.meta.dirname, name);
	const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { timeout: 1_800_000 });
	process.stdout.write(`F3: ${name} ${words.slice(0, 2).join(" ")}: ${stdout}\n`);
	return JSON.parse(stdout) as Record<string, unknown>;
};

test(`one byte of a sparse file of ${giantBytes / gibibyte} GiB is changed in less than 200 MB of memory`, {
	...needs("root"),
	timeout: 1_800_000,
}, async () => {
	const report = await run("sparse-giant-process.ts", String(giantBytes));
	expect(report).toMatchObject({ change: giantBytes, isAnother: true });
	// The holes are still there, in the snapshot and in what was captured.
	expect(report["allocated"]).toBeLessThan(1024 ** 2);
	const data = (report["extents"] as { readonly length: number }[]).reduce((sum, { length }) => sum + length, 0);
	expect(data).toBeLessThan(8 * 1024 ** 2);
	expect(report["residentBytesMax"]).toBeLessThan(residentBytesMax);
});

test.each([
	["names of 255 bytes", 33, 255],
	["directories in one another", isWhole ? 4096 : 512, 1],
])(
	"a path of %s goes through snapshot, step, capture, apply and commit",
	{ timeout: 1_800_000 },
	async (_, depth, name) => {
		const directory = mkdtempSync(join(tmpdir(), "retake-deep-"));
		try {
			const report = await run("deep-path-process.ts", String(depth), String(name), directory);
			expect(report).toMatchObject({
				bytes: depth * (name + 1) + 255,
				outcome: "committed",
				content: "after",
				changes: 1,
			});
		} finally {
			// Node's own removal cannot reach that deep.
			execFileSync("rm", ["-rf", directory]);
		}
	},
);
