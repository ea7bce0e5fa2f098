import {
	appendFileSync,
	copyFileSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { retake, startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const fixtures = join(import.meta.dirname, "../../packages/transcripts/test/fixtures");
const session = join(fixtures, "claude-code-2.1.jsonl");

interface Imported {
	readonly runs: readonly { readonly runId: string; readonly outcome: string }[];
}

async function importedRun(workspace: string, file: string): Promise<{ runId: string; outcome: string }> {
	const { exitCode, stdout, stderr } = await retake(workspace, "import", file, "--json");
	expect(exitCode, stdout + stderr).toBe(0);
	const [run] = (JSON.parse(stdout) as Imported).runs;
	if (run === undefined) throw new Error("nothing was imported");
	return run;
}

async function listedRuns(workspace: string): Promise<readonly unknown[]> {
	return (JSON.parse((await retake(workspace, "runs", "--json")).stdout) as { runs: unknown[] }).runs;
}

describe("another tool's transcript", () => {
	test("is shown, is a run of its own kind, and goes on its way in a tape like any other", async () => {
		using workspace = scratchWorkspace({});
		const { runId } = await importedRun(workspace.path, session);
		const shown = await retake(workspace.path, "show", runId);
		expect(shown.stdout).toContain("claude-code 2.1.12");
		expect(shown.stdout).toContain("not known to this version: 1 block tea_leaves, 1 hologram");
		expect(shown.stdout).toMatch(/\/#4 +Bash +npm test +exit 1/);
		expect((await retake(workspace.path, "show", runId, "--tool", "Bash", "--status", "failed")).stdout).toContain(
			"1 of 14 calls",
		);
		expect(await listedRuns(workspace.path)).toMatchObject([
			{ kind: "imported", title: "Make every space in a slug a dash" },
		]);
		const tape = join(workspace.path, "session.retake");
		expect((await retake(workspace.path, "export", runId, "--to", tape)).exitCode).toBe(0);
		using elsewhere = scratchWorkspace({});
		expect(await importedRun(elsewhere.path, tape)).toMatchObject({ runId, outcome: "copied" });
		expect(await importedRun(elsewhere.path, session)).toMatchObject({ runId, outcome: "there" });
		expect((await retake(elsewhere.path, "gc")).exitCode).toBe(0);
		expect((await retake(elsewhere.path, "show", runId, "/#7")).stdout).toContain("image/png");
	});

	test("has its sub-agents' files taken in with it, and is told of where they were not named", async () => {
		using workspace = scratchWorkspace({});
		const entry = (agentId: string | null, second: number) => ({
			type: "assistant",
			sessionId: "s",
			version: "2.1.12",
			cwd: "/w",
			timestamp: `2026-01-01T00:00:0${second}.000Z`,
			...(agentId === null ? {} : { isSidechain: true, agentId }),
			message: { role: "assistant", content: [{ type: "text", text: `said by ${agentId ?? "main"}` }] },
		});
		const agents = join(workspace.path, "s/subagents");
		mkdirSync(agents, { recursive: true });
		writeFileSync(
			join(workspace.path, "s.jsonl"),
			`${JSON.stringify(entry(null, 1))}\n${JSON.stringify(entry(null, 3))}\n`,
		);
		writeFileSync(join(agents, "agent-1.jsonl"), `${JSON.stringify(entry("1", 2))}\n`);
		const alone = await retake(workspace.path, "import", "s.jsonl");
		expect(alone.stdout).toContain("not taken in: 1 sub-agent in files of their own");
		const whole = await retake(workspace.path, "import", "s.jsonl", "s/subagents/agent-1.jsonl", "--json");
		expect(whole.exitCode, whole.stderr).toBe(0);
		const [run] = (JSON.parse(whole.stdout) as Imported).runs;
		const shown = await retake(workspace.path, "show", String(run?.runId), "--json");
		const { calls } = JSON.parse(shown.stdout) as { calls: readonly { address: string }[] };
		expect(calls.map(({ address }) => address)).toEqual(["/#0", "/0/0#0", "/#1"]);
	});

	test("that differs from another in the tokens that answers took alone is the same, unless everything counts", async () => {
		using workspace = scratchWorkspace({});
		const other = join(workspace.path, "other.jsonl");
		const text = readFileSync(session, "utf8");
		writeFileSync(other, text.replaceAll(/"output_tokens": ?\d+/g, '"output_tokens":99999'));
		expect(readFileSync(other, "utf8")).not.toBe(text);
		const [a, b] = [await importedRun(workspace.path, session), await importedRun(workspace.path, other)];
		const compared = await retake(workspace.path, "diff", a.runId, b.runId);
		expect(compared.exitCode, compared.stdout).toBe(0);
		expect(compared.stdout).toMatch(/\d+ differences? left out of account: clock readings, counts of tokens/);
		const exact = await retake(workspace.path, "diff", a.runId, b.runId, "--exact");
		expect(exact.exitCode).toBe(1);
		expect(exact.stdout).toContain("/result/usage/output_tokens");
	});

	test("is refused, with a reason, by all that would execute it again", async () => {
		using workspace = scratchWorkspace({});
		const { runId } = await importedRun(workspace.path, session);
		for (const words of [["replay"], ["replay", "--verify"], ["replay", "--fork-at", "2"], ["reapply"]]) {
			const refused = await retake(workspace.path, ...words, runId);
			expect(refused.exitCode, words.join(" ")).toBe(2);
			expect(refused.stderr).toContain("imported from another tool's transcript");
			expect(refused.stderr).toContain("retake diff");
		}
	});

	test("is compared with another: the call that the agent made otherwise is named", async () => {
		using workspace = scratchWorkspace({});
		const other = join(workspace.path, "other.jsonl");
		writeFileSync(other, readFileSync(session, "utf8").replace('"command":"npm test"', '"command":"node --test"'));
		const a = await importedRun(workspace.path, session);
		const b = await importedRun(workspace.path, other);
		const compared = await retake(workspace.path, "diff", a.runId, b.runId);
		expect(compared.exitCode).toBe(1);
		expect(compared.stdout).toContain("13 same, 0 result changed, 1 input changed");
		expect(compared.stdout).toContain("first divergence at call /#4");
		expect(compared.stdout).toContain("cause: the agent");
		const many = await retake(workspace.path, "diff", a.runId, b.runId, a.runId);
		expect(many.exitCode, many.stderr).toBe(1);
		expect(many.stdout).toMatch(/\/#4 +Bash +npm test +≠! +=/);
		expect(many.stdout).toContain("b  parts at /#4 (input changed), by the agent");
		expect(many.stdout).toContain("c  is the same");
	});

	test("is one run when two import it at once", async () => {
		using workspace = scratchWorkspace({});
		const both = await Promise.all([importedRun(workspace.path, session), importedRun(workspace.path, session)]);
		expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(["copied", "there"]);
		expect(await listedRuns(workspace.path)).toHaveLength(1);
	});
});

describe("of an import that does not come to its end nothing stays", () => {
	test("a line of a gigabyte is refused by a named limit, in bounded memory", async () => {
		using workspace = scratchWorkspace({});
		const file = join(workspace.path, "long.jsonl");
		copyFileSync(session, file);
		appendFileSync(file, '\n{"type":"user","text":"');
		// A hole: it is read as zeros, and takes no room.
		truncateSync(file, 1024 ** 3);
		const { exitCode, stdout } = await retake(workspace.path, "import", file, "--json");
		expect(exitCode).toBe(3);
		expect(JSON.parse(stdout)).toMatchObject({
			error: { code: "LIMIT_EXCEEDED", message: expect.stringContaining("line 26") },
		});
		expect(await listedRuns(workspace.path)).toEqual([]);
	});

	test("Ctrl-C ends it", async () => {
		using workspace = scratchWorkspace({});
		const file = join(workspace.path, "many.jsonl");
		const lines = readFileSync(session, "utf8");
		writeFileSync(file, lines.repeat(6_000));
		const scratches = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith("retake-import-")).length;
		const before = scratches();
		const importing = startRetake(workspace.path, ["import", file]);
		while (scratches() === before && importing.child.exitCode === null) await setTimeout(20);
		importing.child.kill("SIGINT");
		expect(await importing.ended).toMatchObject({ exitCode: 130 });
		expect(scratches()).toBe(before);
		expect(await listedRuns(workspace.path)).toEqual([]);
	});

	test("a directory, a missing file and one that cannot be told are refused as such", async () => {
		using workspace = scratchWorkspace({ "a.txt": "text\n" });
		for (const [name, words] of [
			[".", "directory"],
			["absent.jsonl", "cannot be read"],
			["a.txt", "no transcript that this version knows"],
		] as const) {
			const refused = await retake(workspace.path, "import", name);
			expect(refused.exitCode, refused.stderr).toBe(2);
			expect(refused.stderr).toContain(words);
		}
	});
});
