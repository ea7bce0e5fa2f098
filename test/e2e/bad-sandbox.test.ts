import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { needs } from "@retake/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
const workspace = scratchWorkspace({ "notes.txt": "one\n" });
const here = workspace.path;

afterAll(() => workspace[Symbol.dispose]());

interface Failure {
	readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** Runs the command line where a script, run as root in mounts of its own, has taken something away; then lists the runs there. */
function retakeWithout(
	prepare: string,
	...words: readonly string[]
): { readonly exitCode: number; readonly failure: Failure } {
	const line = [
		"-m",
		"sh",
		"-c",
		`${prepare} || exit 98; "$@"; code=$?; "$1" "$2" runs > /dev/null || exit 99; exit $code`,
		"sh",
		realpathSync(process.execPath),
		program,
		...words,
	];
	try {
		execFileSync("unshare", line, { cwd: here, stdio: ["ignore", "pipe", "pipe"] });
	} catch (cause) {
		const { status, stdout } = cause as { readonly status: number; readonly stdout: Buffer };
		return { exitCode: status, failure: JSON.parse(stdout.toString()) as Failure };
	}
	throw new Error("it did not fail");
}

/** A program in whose place is a file that is none. */
function without(path: string): string {
	return `: > empty && mount --bind empty ${path}`;
}

describe("what the sandbox cannot do is said with what mends it, and leaves the record readable", () => {
	describe("of the host", needs("root"), () => {
		test("no bubblewrap", async () => {
			const { exitCode, failure } = retakeWithout(without("/usr/bin/bwrap"), "run", "--json", "--", "true");
			expect(exitCode).toBe(3);
			expect(failure.error).toMatchObject({
				code: "SANDBOX_UNAVAILABLE",
				message: expect.stringContaining("bwrap"),
				remedy: expect.stringContaining("apt-get install bubblewrap"),
			});
		});

		test("a way of making layers that is not there", async () => {
			const { exitCode, failure } = retakeWithout(
				without("/usr/bin/fuse-overlayfs"),
				...["run", "--json", "--layers", "fuse-overlayfs", "--", "true"],
			);
			expect(exitCode).toBe(3);
			expect(failure.error).toMatchObject({
				code: "SANDBOX_UNAVAILABLE",
				message: expect.stringContaining("fuse-overlayfs is not installed"),
				remedy: expect.stringContaining("apt-get install fuse-overlayfs"),
			});
		});

		test("a full disk", async () => {
			// Enough for a store, and not for a copy of the workspace.
			const full = 'mount -t tmpfs -o size=3m tmpfs "$PWD" && cd "$PWD" && head -c 2400000 /dev/urandom > big';
			const { exitCode, failure } = retakeWithout(full, "run", "--json", "--", "true");
			expect(exitCode).toBe(3);
			expect(failure.error).toMatchObject({ code: "DISK_FULL" });
		});
	});

	test("an image that is not there", async () => {
		const { exitCode, stdout } = await retake(here, "run", "--json", "--image", "absent", "--", "true");
		expect(exitCode).toBe(2);
		expect((JSON.parse(stdout) as Failure).error).toMatchObject({
			code: "IMAGE_NOT_FOUND",
			remedy: expect.stringContaining("retake image build absent"),
		});
	});

	test("limits that cannot be", async () => {
		for (const words of [
			["--timeout", "0"],
			["--memory", "-1"],
			["--memory", "1"],
		]) {
			const { exitCode, stderr, stdout } = await retake(here, "run", ...words, "--", "true");
			expect([words, exitCode]).toEqual([words, 2]);
			expect(stderr + stdout).toMatch(/above 0|16777216/);
		}
	});

	test("a command that is not there, or is no program, is the command's own failure", async () => {
		for (const [command, code] of [
			["absent-program", 127],
			["/workspace/notes.txt", 126],
		] as const) {
			const { exitCode, stdout } = await retake(here, "run", "--json", "--", command);
			expect([command, exitCode]).toEqual([command, 1]);
			expect(stdout).toContain(`"exitCode": ${code}`);
		}
	});

	test("every run that was begun can be shown", async () => {
		const { stdout } = await retake(here, "runs", "--json");
		const { runs } = JSON.parse(stdout) as { readonly runs: readonly { readonly runId: string }[] };
		expect(runs.length).toBeGreaterThan(1);
		for (const { runId } of runs) expect(await retake(here, "show", runId)).toMatchObject({ exitCode: 0, stderr: "" });
	});
});
