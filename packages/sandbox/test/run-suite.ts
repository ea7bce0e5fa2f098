import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";

const root = join(import.meta.dirname, "../../..");
const user = 1500;

/** How the conformance suite is run once more. */
export interface SuiteRun {
	/** A name of `testedWays`. */
	readonly way?: string;
	/** What of the suite; all of it where absent. */
	readonly pattern?: string;
	/** A shell script that prepares the mount namespace in which it runs, as root. */
	readonly prepare?: string;
}

/** Runs the suite of the bubblewrap driver as an ordinary user, expects every test to pass and returns how many there were. */
export async function runSuiteAsUser({ way = "any", pattern = "", prepare = ":" }: SuiteRun): Promise<number> {
	const home = mkdtempSync(join(tmpdir(), "ordinary-"));
	try {
		chownSync(home, user, user);
		const output = join(home, "report.json");
		const vitest = [
			...[process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", root],
			...["--configLoader", "runner", "--reporter", "json", "--outputFile", output],
			...(pattern === "" ? [] : ["-t", pattern]),
			"packages/sandbox/test/bubblewrap.test.ts",
		];
		const asUser = ["setpriv", "--reuid", String(user), "--regid", String(user), "--clear-groups", ...vitest];
		const said = await promisify(execFile)("unshare", ["-m", "sh", "-c", `${prepare} && exec "$@"`, "sh", ...asUser], {
			cwd: root,
			env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, RETAKE_TEST_WAY: way },
			maxBuffer: 16 * 1024 * 1024,
		}).catch((failure: { readonly stdout: string; readonly stderr: string }) => failure);
		expect(existsSync(output), said.stdout + said.stderr).toBe(true);
		const report = JSON.parse(readFileSync(output, "utf8")) as Report;
		const failed = report.testResults
			.flatMap((file) => file.assertionResults)
			.filter((each) => each.status === "failed")
			.map((each) => [each.fullName, each.failureMessages]);
		expect(failed).toEqual([]);
		return report.numPassedTests;
	} finally {
		rmSync(home, { recursive: true });
	}
}

interface Report {
	readonly numPassedTests: number;
	readonly testResults: readonly {
		readonly assertionResults: readonly {
			readonly status: string;
			readonly fullName: string;
			readonly failureMessages: unknown;
		}[];
	}[];
}
