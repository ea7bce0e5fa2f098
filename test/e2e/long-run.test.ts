import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { openSession } from "retake";
import { beforeAll, describe, expect, test } from "vitest";
import { type RetakeExit, startRetake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const calls = 5_000;

/** Half of what a call has on record. */
const text = "a text of many characters ".repeat(400);

/**
 * All that V8 may keep for long. The command and its sources take some 40 MB of it, the run as objects more than 100: read whole, it does not
 * fit. What a million events take is measured by `pnpm bench --only long-run`.
 */
const bounded = { NODE_OPTIONS: "--max-old-space-size=90" };

let workspace: ScratchWorkspace;
let runId: string;

function within(directory: string, ...words: readonly string[]): Promise<RetakeExit> {
	return startRetake(directory, words, bounded).ended;
}

async function exportTo(name: string, format: string): Promise<string> {
	const file = join(workspace.path, name);
	const { exitCode, stderr } = await within(workspace.path, "export", runId, "--to", file, "--format", format);
	expect(exitCode, stderr).toBe(0);
	return file;
}

beforeAll(async () => {
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using session = await openSession({ workspace: workspace.path, sandbox: "none" });
	for (let first = 0; first < calls; first += 50) {
		const numbers = Array.from({ length: 50 }, (_, index) => first + index);
		await Promise.all(numbers.map((number) => session.perform("model", { number, text }, async () => text)));
	}
	({ runId } = await session.keep({ verdict: "done", failed: false }));
	return () => workspace[Symbol.dispose]();
}, 120_000);

describe("a run that does not fit into the memory of the process", () => {
	test("control: it does not", async () => {
		const held = promisify(execFile)(process.execPath, [
			bounded.NODE_OPTIONS,
			join(import.meta.dirname, "hold-run.ts"),
			join(workspace.path, ".retake"),
			runId,
		]);
		await expect(held).rejects.toThrow("heap out of memory");
	});

	test("is shown, whole and filtered", async () => {
		const { exitCode, stdout, stderr } = await within(workspace.path, "show", runId);
		expect(exitCode, stderr).toBe(0);
		expect(stdout.match(/^\/#\d+ +model/gm)).toHaveLength(calls);
		const filtered = await within(workspace.path, "show", runId, "--text", `number\n${calls - 1}`);
		expect(filtered.stdout).toContain(`1 of ${calls} calls`);
	});

	test("is printed as JSON", async () => {
		const { exitCode, stdout, stderr } = await within(workspace.path, "show", runId, "--json");
		expect(exitCode, stderr).toBe(0);
		const shown = JSON.parse(stdout) as { readonly calls: readonly { readonly address: string }[] };
		expect(shown.calls.map(({ address }) => address)).toEqual(
			Array.from({ length: calls }, (_, index) => `/#${index}`),
		);
	});

	test("is exported as lines, spans and a trajectory", async () => {
		const lines = readFileSync(await exportTo("run.jsonl", "jsonl"), "utf8")
			.trimEnd()
			.split("\n");
		expect(lines).toHaveLength(calls + 1);
		expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ address: `/#${calls - 1}`, outcome: { value: text } });
		const { resourceSpans } = JSON.parse(readFileSync(await exportTo("run.otlp.json", "otlp"), "utf8"));
		expect(resourceSpans[0].scopeSpans[0].spans).toHaveLength(calls + 1);
		const trajectory = JSON.parse(readFileSync(await exportTo("run.atif.json", "atif"), "utf8"));
		expect(trajectory.steps).toHaveLength(trajectory.final_metrics.total_steps);
	});

	test("is exported with all that it is, and taken in elsewhere", async () => {
		using elsewhere = scratchWorkspace({});
		const file = await exportTo("run.retake", "retake");
		const taken = await within(elsewhere.path, "import", file);
		expect(taken.exitCode, taken.stderr).toBe(0);
		const replayed = await within(elsewhere.path, "replay", runId);
		expect(replayed.stdout, replayed.stderr).toContain("identical");
	});

	test("is played back, and executed again", async () => {
		const replayed = await within(workspace.path, "replay", runId, "--json");
		expect(replayed.exitCode, replayed.stderr).toBe(0);
		expect(JSON.parse(replayed.stdout)).toMatchObject({ calls, served: calls, divergences: [] });
		const verified = await within(workspace.path, "replay", runId, "--verify");
		expect(verified.exitCode, verified.stderr).toBe(0);
	});
});
