import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { diffRuns, openSession } from "retake";
import { beforeAll, describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));

let workspace: ScratchWorkspace;
let runs: string[];

/** A run whose files came to differ before its tests did: a note, then the program. */
async function recordRun(word: string): Promise<string> {
	await using session = await openSession({ workspace: workspace.path, title: `attempt ${word}` });
	for (let call = 0; call < 20; call++) await session.perform("step", { call }, async () => call);
	await session.call("write_file", { path: "slug.js", content: `same\n${"long ".repeat(40)}${word}\nend\n` });
	await session.call("exec", { argv: ["sh", "-c", "sed -n 2p slug.js; printf '\\033[2J'"] });
	if (word === "two") await session.call("read_file", { path: "slug.js" });
	return (await session.keep({ verdict: word, failed: false })).runId;
}

/** Runs `retake diff` on a terminal of its own, so many columns wide. */
function onTerminal(columns: number, ...words: readonly string[]): string {
	const command = `stty cols ${columns} rows 50; exec '${process.execPath}' '${program}' diff ${[...runs, ...words].join(" ")}`;
	const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
		cwd: workspace.path,
		encoding: "utf8",
		env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "" },
	});
	return stdout.replaceAll("\r\n", "\n");
}

beforeAll(async () => {
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	runs = [await recordRun("one"), await recordRun("two")];
	return () => workspace[Symbol.dispose]();
});

describe("retake diff", () => {
	test.each([80, 120])(
		"on a terminal of %i columns: two columns, the same folded, words and signs without colour",
		(columns) => {
			const painted = onTerminal(columns);
			const text = stripVTControlCharacters(painted);
			for (const line of text.split("\n")) expect(Array.from(line).length, line).toBeLessThanOrEqual(columns);
			expect(text).toContain("= 19 calls that are the same, /#0 to /#18\n");
			expect(text).toContain("── first divergence ──");
			expect(text).toMatch(/^≠ \/#20 write_file slug\.js +ok │ \/#20 write_file slug\.js +ok$/m);
			expect(text).toMatch(/^ +2 - …(?:[a-z ]+)?long one +│ +2 \+ …(?:[a-z ]+)?long two$/m);
			expect(text).toMatch(/^\+ +│ \/#22 read_file +slug\.js +ok$/m);
			expect(text).toContain("cause: the agent: it made another call");
			expect(text).toMatch(/^≠ input changed|≠ input changed/m);
			// Colour is there, and only repeats what stands there: without it not a character is missing.
			expect(painted).toContain("\x1b[31m");
			expect(stripVTControlCharacters(onTerminal(columns))).toBe(text);
			// What a run printed does not reach the terminal as a command.
			expect(painted).not.toContain("\x1b[2J");
			expect(text).toContain("\\x1b[2J");
		},
	);

	test("on a narrower terminal, through a pipe and with --unified: one below the other", async () => {
		for (const text of [
			onTerminal(79),
			onTerminal(120, "--unified"),
			(await retake(workspace.path, "diff", ...runs)).stdout,
		]) {
			expect(text).not.toContain("│");
			expect(stripVTControlCharacters(text)).toMatch(/^input changed +\/#20 +\/#20 +write_file/m);
		}
		const asked = await retake(workspace.path, "diff", ...runs, "--side-by-side");
		expect(asked.stdout).toMatch(/^≠ \/#20 write_file .*│/m);
		expect(asked.stdout).not.toContain("\x1b");
		expect((await retake(workspace.path, "diff", ...runs, "--side-by-side", "--unified")).exitCode).toBe(2);
	});

	test("with --all shows each call of both", async () => {
		const { stdout } = await retake(workspace.path, "diff", ...runs, "--side-by-side", "--all");
		expect(stdout.match(/^= \/#\d+ +step/gm)).toHaveLength(20);
	});

	test("names the files in which the trees differ where the runs part: on the terminal, as JSON, in the library", async () => {
		expect(stripVTControlCharacters(onTerminal(100))).toMatch(
			/files where the runs part ways\n +slug\.js +differs by this call: a 2\d\d bytes/,
		);
		const { stdout } = await retake(workspace.path, "diff", ...runs);
		expect(stdout).toMatch(/files where the runs part ways:\n {4}slug\.js: a 2\d\d bytes, mode 6\d\d, b 2\d\d bytes/);
		const document = JSON.parse((await retake(workspace.path, "diff", ...runs, "--json")).stdout);
		const { tree } = document.firstDivergence;
		expect(tree).toMatchObject({
			sameBase: true,
			paths: [{ path: "slug.js", when: "byTheCall", a: { kind: "file" }, b: { kind: "file" } }],
		});
		expect(tree.paths[0].a.content).not.toBe(tree.paths[0].b.content);
		const [a = "", b = ""] = runs;
		const diff = await diffRuns(a, b, { workspace: workspace.path });
		expect(diff.tree?.paths.map(({ path }) => path)).toEqual(["slug.js"]);
		expect((await diffRuns(a, a, { workspace: workspace.path })).tree).toBeNull();
	});
});
