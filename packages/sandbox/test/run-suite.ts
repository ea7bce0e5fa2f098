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
	/** The bubblewrap that the way is tried with; the host's where absent. */
	readonly bwrap?: string;
	/** Whether root runs it, and not an ordinary user. */
	readonly asRoot?: boolean;
	/** What of the suite; all of it where absent. */
	readonly pattern?: string;
	/** A shell script that prepares the mount namespace in which it runs, as root. */
	readonly prepare?: string;
	/** Whether orphans stay unreaped, as in a container whose first process is no init. */
	readonly reapsNothing?: boolean;
	/** The tests, from the top of the repository; the suite of the bubblewrap driver where absent. */
	readonly file?: string;
}

/** Prepares for fuse-overlayfs. The device is everybody's on most systems; where it is not, it is made so for these processes alone. */
export const openFuse =
	"mkdir -p /run/retake-test && mount -t tmpfs -o dev,mode=755 tmpfs /run/retake-test && mknod -m 666 /run/retake-test/fuse c 10 229 && chmod 666 /run/retake-test/fuse && mount --bind /run/retake-test/fuse /dev/fuse";

/** A first process of a namespace that waits for one child alone. */
const carelessInit = [
	...["-m", "-p", "-f", "--mount-proc", "perl", "-e"],
	"my $child = fork // die; exec @ARGV unless $child; waitpid $child, 0; exit $? >> 8",
];

const driverSuite = "packages/sandbox/test/bubblewrap.test.ts";

/** Runs tests in a process of their own, expects every one to pass and returns how many there were. */
export async function runSuite({
	way = "any",
	pattern = "",
	prepare = ":",
	reapsNothing = false,
	asRoot = false,
	bwrap,
	file = driverSuite,
}: SuiteRun): Promise<number> {
	const home = mkdtempSync(join(tmpdir(), "ordinary-"));
	try {
		chownSync(home, user, user);
		const output = join(home, "report.json");
		const vitest = [
			...[process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", root],
			...["--configLoader", "runner", "--reporter", "json", "--outputFile", output],
			...(pattern === "" ? [] : ["-t", pattern]),
			file,
		];
		const become = ["setpriv", "--reuid", String(user), "--regid", String(user), "--clear-groups"];
		const asAsked = [...(asRoot ? [] : become), ...vitest];
		const inside = ["sh", "-c", `${prepare} && exec "$@"`, "sh", ...asAsked];
		const line = reapsNothing ? [...carelessInit, ...inside] : ["-m", ...inside];
		const said = await promisify(execFile)("unshare", line, {
			cwd: root,
			env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, RETAKE_TEST_WAY: way, RETAKE_TEST_BWRAP: bwrap },
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
