import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCodes, RetakeError } from "@retake/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodeOf } from "../src/exit-code.ts";
import { describeFailure } from "../src/failure.ts";
import { errorDocument } from "../src/json/error-document.ts";
import { findWorkspace, placeInWorkspace } from "../src/open-workspace.ts";
import { runCommandLine } from "../src/program.ts";
import { reportFailure } from "../src/verb.ts";
import { captureEdges } from "./captured-edges.ts";

const directories: string[] = [];

function scratch(): string {
	const directory = mkdtempSync(join(realpathSync(tmpdir()), "retake-cli-"));
	directories.push(directory);
	return directory;
}

afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

async function retake(...words: string[]) {
	const edges = captureEdges(scratch());
	const exitCode = await runCommandLine(words, edges);
	return { exitCode, ...edges.written };
}

describe("usage", () => {
	test.each([
		["a misspelt verb", ["evl"], "eval"],
		["a misspelt option", ["eval", "--chek", "a=b"], "--check"],
		["a misspelt option of the program", ["--verson"], "--version"],
	])("%s is answered with the one that was meant", async (_name, words, meant) => {
		const { exitCode, stdout, stderr } = await retake(...words);
		expect(exitCode).toBe(2);
		expect(stdout).toBe("");
		expect(stderr).toContain(`did you mean ${meant}?`);
	});
	test.each([
		["no check", ["eval", "--candidate", "x.patch"]],
		["no candidate", ["eval", "--check", "a=true"]],
		["a check without a command", ["eval", "--check", "tests", "--candidate", "x.patch"]],
		["a candidate that is not there", ["eval", "--check", "a=true", "--candidate", "x.patch"]],
		["two checks of one name", ["eval", "--check", "a=true", "--check", "a=false", "--candidate-cmd", "b=true"]],
		["a name with control characters", ["eval", "--check", "a\x1b[2J=true", "--candidate-cmd", "b=true"]],
		["an unknown target", ["eval", "--check", "a=true", "--candidate-cmd", "b=true", "--commit", "main"]],
		["a negative timeout", ["eval", "--check", "a=true", "--candidate-cmd", "b=true", "--timeout", "-1"]],
		["half a job", ["eval", "--check", "a=true", "--candidate-cmd", "b=true", "--jobs", "0.5"]],
		["an unknown driver", ["eval", "--check", "a=true", "--candidate-cmd", "b=true", "--sandbox", "chroot"]],
		["nothing to run", ["run"]],
		["two decisions", ["run", "--commit", "--rollback", "--", "true"]],
		["one run to compare", ["diff", "@last"]],
		["a merge into a branch", ["commit", "@last", "--merge", "--to", "branch:x"]],
		["a workspace that is not there", ["runs", "--workspace", "/nonexistent"]],
		["a workspace that is a file", ["runs", "--workspace", "/etc/hostname"]],
	])("%s is refused, to people and to programs", async (_name, words) => {
		const people = await retake(...words);
		expect(people).toMatchObject({ exitCode: 2, stdout: "" });
		expect(people.stderr).toMatch(/^retake: .+ \([A-Z_]+\)\n {2}\S/);
		expect(people.stderr.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);

		const end = words.indexOf("--");
		const program = await retake(...words.toSpliced(end === -1 ? words.length : end, 0, "--json"));
		expect(program).toMatchObject({ exitCode: 2, stderr: "" });
		expect(errorDocument.parse(JSON.parse(program.stdout)).error.remedy).not.toBe("");
	});
	test("--json after -- belongs to the command", async () => {
		const { stdout, stderr } = await retake("run", "--workspace", "/nonexistent", "--", "npm", "ls", "--json");
		expect(stdout).toBe("");
		expect(stderr).toContain("WORKSPACE_NOT_FOUND");
	});
	test("help goes to standard output, and fits 80 columns", async () => {
		for (const words of [[], ["--help"], ["help", "eval"], ["run", "--help"], ["commit", "--help"]]) {
			const { exitCode, stdout, stderr } = await retake(...words);
			expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
			expect(stdout).toContain("Usage: retake");
			for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
		}
	});
	test("--version prints the version alone", async () => {
		expect(await retake("--version")).toMatchObject({
			exitCode: 0,
			stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
		});
	});
});

describe("exit codes", () => {
	test("every error has one, and none of them says done", () => {
		for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
			expect([2, 3, 4, 5, 130], code).toContain(exitCodeOf(code));
		}
	});
	test.each([
		["CONFLICT", 5],
		["DIVERGENCE", 4],
		["TRACE_TAMPERED", 4],
		["SANDBOX_UNAVAILABLE", 3],
		["STORE_NEWER", 3],
		["RUN_NOT_FOUND", 2],
		["INTERRUPTED", 130],
		["BUG", 3],
	] as const)("%s is %i", (code, exitCode) => {
		expect(exitCodeOf(code)).toBe(exitCode);
	});
	test("every failure names what to do", () => {
		for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
			expect(describeFailure(new RetakeError(code, "it failed")).remedy).toMatch(/\w/);
		}
	});
	test("a full disk is not called a mistake of ours", () => {
		const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
		expect(describeFailure(full)).toMatchObject({ code: "DISK_FULL", remedy: expect.stringContaining("retake gc") });
		expect(describeFailure(new TypeError("x is undefined"))).toMatchObject({ code: "BUG" });
	});
	test("what breaks after Ctrl-C is an interruption", async () => {
		const edges = { ...captureEdges("/"), interrupted: AbortSignal.abort() };
		expect(await reportFailure(edges, false, new RetakeError("SANDBOX_FAILED", "killed"))).toBe(130);
		expect(edges.written.stderr).toContain("interrupted");
	});
	test("the paths of a conflict are listed and escaped", async () => {
		const edges = captureEdges("/");
		const conflict = new RetakeError("CONFLICT", "moved", { data: { conflicts: [{ path: "a\x1b[2J" }] } });
		expect(await reportFailure(edges, false, conflict)).toBe(5);
		expect(edges.written.stderr).toContain("    a\\x1b[2J\n");
	});
});

describe("the workspace", () => {
	let repository = "";
	beforeAll(() => {
		repository = scratch();
		mkdirSync(join(repository, ".git"));
		mkdirSync(join(repository, "src/deep"), { recursive: true });
		writeFileSync(join(repository, "src/file"), "");
	});
	test("is the repository that holds the working directory", () => {
		expect(findWorkspace(undefined, join(repository, "src/deep"))).toBe(repository);
	});
	test("is the one that was named, relative to the working directory", () => {
		expect(findWorkspace("deep", join(repository, "src"))).toBe(join(repository, "src/deep"));
	});
	test("has places, and what lies outside of it has none", () => {
		expect(placeInWorkspace(undefined, join(repository, "src/deep"))).toBe("src/deep");
		expect(placeInWorkspace(undefined, repository)).toBeNull();
		expect(placeInWorkspace("src/deep", repository)).toBeNull();
		expect(placeInWorkspace("..", join(repository, "src"))).toBe("src");
	});
	test("is the working directory outside of any repository", () => {
		const outside = scratch();
		expect(findWorkspace(undefined, outside)).toBe(outside);
	});
});
