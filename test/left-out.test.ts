import { spawnSync } from "node:child_process";
import { chownSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Runs the tests of a file as an ordinary user does. Root becomes one first. */
function runAsOrdinaryUser(file: string, environment: Readonly<Record<string, string>>) {
	using home = mkdtempDisposableSync(join(tmpdir(), "left-out-"));
	const drop = ["setpriv", "--reuid", "1500", "--regid", "1500", "--clear-groups"];
	const program = [process.execPath, join(root, "scripts/run-tests.ts"), "--configLoader", "runner", file];
	const [command = "", ...words] = process.getuid?.() === 0 ? [...drop, ...program] : program;
	if (process.getuid?.() === 0) chownSync(home.path, 1500, 1500);
	const env = { PATH: process.env["PATH"], HOME: home.path, ...environment };
	return spawnSync(command, words, { cwd: root, encoding: "utf8", env });
}

test("what cannot run here is told before the tests and before the tally, and fails the run where CI=true", () => {
	const file = "packages/sandbox/test/docker-faults.test.ts";
	for (const [environment, status] of [[{}, 0] as const, [{ CI: "true" }, 1] as const]) {
		const said = runAsOrdinaryUser(file, environment);
		const lines = said.stdout.split("\n");
		const told = lines.findIndex((line) => line.startsWith("LEFT OUT OF THIS RUN: THE DOCKER DRIVER: "));
		const ran = lines.findIndex((line) => line.includes(file));
		const counted = lines.findIndex((line) => /^LEFT OUT, 4 tests: THE DOCKER DRIVER: .* Run as root\.$/.test(line));
		expect([told >= 0, ran > told, counted > ran], said.stdout + said.stderr).toEqual([true, true, true]);
		expect(lines.at(-2)).toMatch(/^[1-9]\d* passed, 0 failed, 4 skipped$/);
		expect(said.status).toBe(status);
	}
});
