import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { needs } from "@retake/testkit";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

// As an ordinary user the whole suite already is that of bubblewrap.test.ts.
test("an ordinary user passes the same suite", { ...needs("root"), timeout: 180_000 }, async () => {
	const home = mkdtempSync(join(tmpdir(), "ordinary-"));
	try {
		chownSync(home, 1500, 1500);
		const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", root, "--configLoader", "runner"];
		const output = join(home, "report.json");
		const said = await run(
			"setpriv",
			[
				"--reuid",
				"1500",
				"--regid",
				"1500",
				"--clear-groups",
				process.execPath,
				...vitest,
				"--reporter",
				"json",
				"--outputFile",
				output,
				"packages/sandbox/test/bubblewrap.test.ts",
			],
			{ cwd: root, env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home }, maxBuffer: 16 * 1024 * 1024 },
		).catch((failure: { readonly stdout: string; readonly stderr: string }) => failure);
		expect(existsSync(output), said.stdout + said.stderr).toBe(true);
		const report = JSON.parse(readFileSync(output, "utf8")) as {
			readonly numPassedTests: number;
			readonly testResults: readonly {
				readonly assertionResults: readonly {
					readonly status: string;
					readonly fullName: string;
					readonly failureMessages: unknown;
				}[];
			}[];
		};
		const failed = report.testResults
			.flatMap((file) => file.assertionResults)
			.filter((each) => each.status !== "passed")
			.map((each) => [each.fullName, each.failureMessages]);
		expect(failed).toEqual([]);
		expect(report.numPassedTests).toBeGreaterThan(50);
	} finally {
		rmSync(home, { recursive: true });
	}
});
