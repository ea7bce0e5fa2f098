import { mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPatchLimits } from "@retake/changeset";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gatherEvalRequest } from "../src/evaluation/eval-request.ts";
import { readPatch } from "../src/evaluation/read-patch.ts";

let directory = "";

beforeEach(() => {
	directory = mkdtempSync(join(realpathSync(tmpdir()), "retake-request-"));
});

afterEach(() => {
	rmSync(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const checks = ["tests=npm test"];

describe("candidates", () => {
	test("a directory gives its patches and diffs, sorted, named without their ending", async () => {
		for (const name of ["b.patch", "a.diff", "notes.md", "c.patch.orig"]) write(name, name);
		const { options } = await gatherEvalRequest({ check: checks, candidate: ["."] }, directory);
		expect(options.candidates.map(({ kind, name }) => [kind, name])).toEqual([
			["patch", "a"],
			["patch", "b"],
		]);
	});
	test("commands come after the patches, and keep every = of theirs", async () => {
		write("fix.patch", "x");
		const { options } = await gatherEvalRequest(
			{ check: checks, candidate: ["fix.patch"], candidateCmd: ["agent=A=1 sh agent.sh --mode=fast"] },
			directory,
		);
		expect(options.candidates[1]).toEqual({ kind: "command", name: "agent", command: "A=1 sh agent.sh --mode=fast" });
	});
	test("two of one name are refused", async () => {
		write("fix.patch", "x");
		write("fix.diff", "y");
		await expect(gatherEvalRequest({ check: checks, candidate: ["."] }, directory)).rejects.toMatchObject({
			code: "USAGE",
			message: expect.stringContaining('named "fix"'),
		});
	});
	test("a patch of 10 GiB is not read whole", () => {
		write("huge.patch", "");
		truncateSync(join(directory, "huge.patch"), 10 * 1024 ** 3);
		expect(readPatch(join(directory, "huge.patch"))).toHaveLength(defaultPatchLimits.bytes + 1);
	});
	test("a device is not read", () => {
		expect(() => readPatch("/dev/zero")).toThrow(/not a regular file/);
	});
});

describe("the configuration", () => {
	test("TypeScript gives what the command line leaves open; its paths are relative to it", async () => {
		write("fix.patch", "x");
		write("tests.patch", "tests");
		write(
			"retake.config.ts",
			`const jobs: number = 3;
			export default { checks: { tests: "npm test" }, candidates: ["fix.patch"], testPatch: "tests.patch", jobs, timeoutSeconds: 9, commit: "branch:fix" };`,
		);
		const { options, sandbox } = await gatherEvalRequest({ jobs: 1, commit: "none" }, directory);
		expect(options).toMatchObject({
			checks: [{ name: "tests", command: "npm test" }],
			jobs: 1,
			commit: { kind: "none" },
			testPatch: new TextEncoder().encode("tests"),
		});
		expect(sandbox).toEqual({ timeout: 9 });
	});
	test("JSON does the same", async () => {
		write(
			"retake.config.json",
			JSON.stringify({ checks: { a: "true" }, candidateCommands: { b: "make" }, setupAllow: ["a.example:443"] }),
		);
		const { options } = await gatherEvalRequest({ check: ["mine=npm test"] }, directory);
		expect(options.checks).toEqual([{ name: "mine", command: "npm test" }]);
		expect(options).toMatchObject({
			setupAllow: ["a.example:443"],
			candidates: [{ kind: "command", name: "b", command: "make" }],
		});
	});
	test("a misspelt name is answered with the one that was meant", async () => {
		write("retake.config.json", JSON.stringify({ check: { a: "true" } }));
		await expect(gatherEvalRequest({}, directory)).rejects.toMatchObject({
			code: "USAGE",
			message: expect.stringContaining('"check" should be "checks"'),
		});
	});
	test.each([
		["broken JSON", "retake.config.json", "{"],
		["broken TypeScript", "retake.config.ts", "export default {"],
		["a program that throws", "retake.config.ts", "throw new Error('no');"],
		["no object", "retake.config.json", "[]"],
	])("%s is refused with the file's name", async (_name, file, text) => {
		write(file, text);
		await expect(gatherEvalRequest({}, directory)).rejects.toMatchObject({
			code: "USAGE",
			message: expect.stringContaining(join(directory, file)),
		});
	});
});
