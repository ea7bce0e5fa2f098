import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "../programs/fuzz-parse-patch.ts");

/** RETAKE_FUZZ_SEED and RETAKE_FUZZ_COUNT choose other bytes and more of them. */
const seed = Number(process.env["RETAKE_FUZZ_SEED"] ?? 20_260_405);
const count = Number(process.env["RETAKE_FUZZ_COUNT"] ?? 20_000);

test(`${count} random and damaged patches from seed ${seed} are applied or refused, each soon, in a heap of 100 MB`, () => {
	// A heap that grew with what it is given would end the process.
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--max-old-space-size=100", program, `${seed}`, `${count}`],
		{
			encoding: "utf8",
			timeout: 60_000 + count,
		},
	);
	expect(stderr).toBe("");
	expect(status).toBe(0);
	process.stdout.write(stdout);
	const { seen, slowestMs } = JSON.parse(stdout) as {
		readonly seen: Readonly<Record<string, number>>;
		readonly slowestMs: number;
	};
	expect(slowestMs).toBeLessThan(2000);
	for (const outcome of ["applied", "PATCH_INVALID", "PATCH_CONFLICT", "PATH_REFUSED"]) {
		expect(seen[outcome], outcome).toBeGreaterThan(count / 1000);
	}
});
