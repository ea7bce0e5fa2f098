import { copyFileSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type TreeId } from "@retake/base";
import { addressKey, readTrace, type TraceCall, verifyChain } from "@retake/recorder";
import { openTapeFile, type Store } from "@retake/store";
import {
	type ImportedTranscript,
	importTranscript,
	readImportedHeader,
	type TranscriptFormat,
} from "@retake/transcripts";
import { describe, expect, test } from "vitest";

const fixtures = join(import.meta.dirname, "fixtures");
const emptyTreeId = "0".repeat(64) as TreeId;

interface Taken {
	readonly transcript: ImportedTranscript;
	readonly store: Store;
	readonly calls: readonly TraceCall[];
}

async function takeIn(path: string, check: (taken: Taken) => void, format?: TranscriptFormat): Promise<void> {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-transcript-"));
	using store = openTapeFile(join(scratch.path, "tape.retake"), { clock: systemClock, mode: "create" });
	const transcript = await importTranscript(store, { path, emptyTreeId, ...(format === undefined ? {} : { format }) });
	verifyChain(store, transcript.runId);
	check({ transcript, store, calls: readTrace(store, transcript.runId).calls });
}

/** Makes a transcript of some lines and takes it in. */
async function takeInLines(
	lines: readonly (string | object)[],
	check: (taken: Taken) => void,
	format?: TranscriptFormat,
): Promise<void> {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-lines-"));
	const path = join(scratch.path, "lines.jsonl");
	writeFileSync(path, lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
	await takeIn(path, check, format);
}

/** A call in a few words. */
function told({ address, identity, outcome }: TraceCall): string {
	const exitCode = outcome.kind === "result" ? (outcome.value as { exitCode?: number } | null)?.exitCode : undefined;
	return `${addressKey(address)} ${identity.tool} ${exitCode === undefined ? outcome.kind : `exit ${exitCode}`}`;
}

const nothingLost = { unreadable: 0, unknown: {}, resultsWithoutCall: 0, callsWithoutResult: 0 };

test("a session of Claude Code: blocks, parallel calls answered in another order, a sub-agent, an image, all that is not understood counted", () =>
	takeIn(join(fixtures, "claude-code-2.1.jsonl"), ({ transcript, calls, store }) => {
		expect(calls.map(told)).toEqual([
			"/#0 user result",
			"/#1 thinking result",
			"/#2 assistant result",
			"/#3 Read result",
			"/#4 Bash exit 1",
			"/#5 Task result",
			"/0/0#0 user result",
			"/0/0#1 Grep result",
			"/#6 Edit error",
			"/#7 user result",
			"/#8 user result",
			"/#9 system result",
			"/#10 system result",
			"/#11 Bash in-flight",
		]);
		expect(transcript.tally).toEqual({
			entries: 24,
			unreadable: 1,
			unknown: { "block tea_leaves": 1, hologram: 1 },
			leftOut: { "file-history-snapshot": 1, "queue-operation": 1, redacted_thinking: 1, "system turn_duration": 1 },
			resultsWithoutCall: 1,
			callsWithoutResult: 1,
		});
		expect(transcript.origin).toMatchObject({
			agent: "claude-code",
			version: "2.1.12",
			workspace: "/home/me/slug",
			title: "Make every space in a slug a dash",
		});
		const [prompt, , assistant, read, bash] = calls;
		expect(prompt?.input).toEqual({ text: "Make every space in a slug a dash" });
		// One message is written as several entries: what is known of it is told once.
		expect(assistant?.outcome).toEqual({ kind: "result", value: null });
		expect(calls[1]?.outcome).toMatchObject({
			value: { model: "claude-sonnet-4-5-20250929", usage: { input_tokens: 4 } },
		});
		expect(read?.outcome).toMatchObject({ value: expect.stringContaining("replace(") });
		expect(bash).toMatchObject({ issuedAtMs: 3_000, settledAtMs: 5_000 });
		expect(calls[8]?.outcome).toMatchObject({
			error: { code: "TOOL_FAILED", message: expect.stringContaining("not been read") },
		});
		const image = calls[9]?.input as { image: { mediaType: string; bytes: Uint8Array } };
		expect(image.image.mediaType).toBe("image/png");
		expect(Buffer.from(image.image.bytes).subarray(1, 4).toString()).toBe("PNG");
		const run = store.runs.get(transcript.runId);
		expect(run).toMatchObject({ kind: "imported", state: "kept", verdict: "imported", failed: false });
		expect(readImportedHeader(run)).toMatchObject({ format: "claude-code", tally: transcript.tally });
	}));

test("a session of Claude Code 1.0: a side chain hangs together by its parents, the summary is the title", () =>
	takeIn(join(fixtures, "claude-code-1.0.jsonl"), ({ transcript, calls }) => {
		expect(calls.map(told)).toEqual([
			"/#0 user result",
			"/#1 Task result",
			"/0/0#0 user result",
			"/0/0#1 LS result",
			"/#2 assistant result",
		]);
		expect(transcript.origin).toMatchObject({ version: "1.0.44", title: "Slugs with dashes" });
		expect(transcript.tally).toMatchObject(nothingLost);
	}));

test("a rollout of Codex: results in every form, what its face was told left out, all that is not understood counted", () =>
	takeIn(join(fixtures, "codex-0.65.jsonl"), ({ transcript, calls }) => {
		expect(calls.map(told)).toEqual([
			"/#0 system result",
			"/#1 user result",
			"/#2 thinking result",
			"/#3 shell_command exit 1",
			"/#4 exec_command exit 0",
			"/#5 apply_patch exit 0",
			"/#6 web_search result",
			"/#7 update_plan error",
			"/#8 system result",
			"/#9 view_image result",
			"/#10 assistant result",
			"/#11 shell_command in-flight",
		]);
		expect(transcript.tally).toEqual({
			entries: 24,
			unreadable: 0,
			unknown: { "event_msg crystal_ball": 1, telepathy_call: 1 },
			leftOut: { "event_msg token_count": 1, "event_msg user_message": 1, "reasoning that is encrypted": 1 },
			resultsWithoutCall: 0,
			callsWithoutResult: 1,
		});
		expect(calls[3]?.input).toEqual({ command: "npm test", workdir: "/home/me/slug" });
		// How long a command took is not part of what it gave: no two runs agree.
		expect(calls[3]?.outcome).toMatchObject({ value: { output: "not ok 1 - every space becomes a dash\n" } });
		expect(calls[4]?.outcome).toMatchObject({ value: { output: "export function slug(title) {}\n" } });
		expect(calls[7]?.input).toEqual({ arguments: "{not json" });
		expect(calls[10]?.outcome).toMatchObject({ value: { model: "gpt-5.1-codex" } });
	}));

test("a rollout of the first Codex, without envelopes", () =>
	takeIn(join(fixtures, "codex-0.8.jsonl"), ({ transcript, calls }) => {
		expect(calls.map(told)).toEqual([
			"/#0 user result",
			"/#1 local_shell exit 1",
			"/#2 shell exit 0",
			"/#3 assistant result",
		]);
		expect(transcript.startedAt).toBe(Date.parse("2025-07-20T10:00:00.000Z"));
		expect(transcript.tally).toMatchObject({ ...nothingLost, leftOut: { "record state": 1 } });
	}));

test("an ATIF trajectory: results paired by name, metrics kept with the message", () =>
	takeIn(join(fixtures, "atif-1.4.json"), ({ transcript, calls }) => {
		expect(calls.map(told)).toEqual([
			"/#0 system result",
			"/#1 user result",
			"/#2 thinking result",
			"/#3 assistant result",
			"/#4 financial_search result",
			"/#5 financial_search result",
			"/#6 assistant result",
		]);
		expect(calls[4]).toMatchObject({ input: { ticker: "GOOGL", metric: "price" }, outcome: { value: "$185.35" } });
		expect(calls[3]?.outcome).toMatchObject({ value: { model: "gemini-2.5-flash", usage: { prompt_tokens: 520 } } });
		expect(transcript.tally).toEqual({ entries: 1, leftOut: {}, ...nothingLost });
	}));

test("an ATIF trajectory of 1.7: content of parts, an embedded sub-agent in a scope of its own, unknown steps and fields counted", () =>
	takeIn(join(fixtures, "atif-1.7.json"), ({ transcript, calls }) => {
		expect(calls.map(told)).toEqual([
			"/#0 user result",
			"/#1 delegate result",
			"/#2 system result",
			"/#3 observation result",
			"/0/0#0 look result",
		]);
		expect(calls[0]?.input).toEqual({ content: ["What is in the picture?", { image: { place: "images/1.png" } }] });
		expect(transcript.tally.unknown).toEqual({ "a step of oracle": 1, "field mood of a step": 1 });
	}));

describe("the same file", () => {
	test("is the same run, to its root hash, wherever it lies; one byte more is another run", async () => {
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-copy-"));
		const copy = join(scratch.path, "copy.jsonl");
		copyFileSync(join(fixtures, "codex-0.8.jsonl"), copy);
		const roots: string[] = [];
		const note = ({ transcript, store }: Taken): void => {
			roots.push(`${transcript.runId} ${store.runs.get(transcript.runId).rootHash}`);
		};
		await takeIn(join(fixtures, "codex-0.8.jsonl"), note);
		await takeIn(copy, note);
		writeFileSync(copy, `${readFileSync(copy, "utf8")}\n`);
		await takeIn(copy, note);
		expect(roots[1]).toBe(roots[0]);
		expect(roots[2]).not.toBe(roots[0]);
	});
});

describe("what is no transcript", () => {
	const refused = async (name: string, content: string, format?: TranscriptFormat): Promise<unknown> => {
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-refused-"));
		const path = join(scratch.path, name);
		writeFileSync(path, content);
		return await takeIn(path, () => undefined, format).then(
			() => "taken in",
			(error: unknown) => (error as { code: unknown }).code,
		);
	};
	test.each([
		["empty.jsonl", ""],
		["text.txt", "no JSON at all\n"],
		["list.json", "[1, 2, 3]\n"],
		["other.jsonl", '{"role":"user","content":"another tool\'s"}\n'],
		["image.png", "\x89PNG\r\n\x1a\n\0\0"],
		["cut.json", '{"schema_version":"ATIF-v1.4","steps":[{"step_id":1,"sour'],
		["no-steps.json", '{"schema_version":"ATIF-v1.4","session_id":"s","agent":{}}'],
	])("%s is refused as such", async (name, content) => {
		expect(await refused(name, content)).toBe("USAGE");
	});
	test("a named format in which the file says nothing is refused too", async () => {
		expect(await refused("codex.jsonl", readFileSync(join(fixtures, "codex-0.8.jsonl"), "utf8"), "claude-code")).toBe(
			"USAGE",
		);
	});
});

test("what JSON allows and a record does not is kept as near as can be: half surrogates, -0, 1e999, a key of the prototype, 10,000 levels", () => {
	const deep = `${"[".repeat(10_000)}1${"]".repeat(10_000)}`;
	const input = `{"half":"\\ud800","zero":-0,"huge":1e999,"__proto__":{"a":1},"deep":${deep}}`;
	const line = `{"type":"assistant","sessionId":"s","message":{"content":[{"type":"tool_use","id":"t","name":"T","input":${input}}]}}`;
	return takeInLines([line], ({ calls }) => {
		const value = calls[0]?.input as Record<string, unknown>;
		expect(value).toMatchObject({ half: "\ufffd", zero: 0, huge: "Infinity" });
		expect(Object.keys(value)).toContain("__proto__");
		expect(JSON.stringify(value["deep"]).length).toBeGreaterThan(10_000);
	});
});

test("a moment that goes back, is absurd, or is missing leaves the log in order", () => {
	const entry = (timestamp: unknown, text: string): object => ({
		type: "user",
		sessionId: "s",
		timestamp,
		message: { content: text },
	});
	const entries = [
		entry("2026-01-01T00:00:05Z", "a"),
		entry("2026-01-01T00:00:01Z", "b"),
		entry("yesterday", "c"),
		entry(undefined, "d"),
		entry("2026-01-01T00:00:06Z", "e"),
	];
	return takeInLines(entries, ({ calls }) => {
		expect(calls.map(({ issuedAtMs }) => issuedAtMs)).toEqual([0, 0, 0, 0, 1_000]);
	});
});

test("a thousand unknown kinds are counted in bounded room", () => {
	const lines = Array.from({ length: 1_000 }, (_, index) => ({ type: `kind-${index}`, sessionId: "s" }));
	return takeInLines([{ type: "user", sessionId: "s", message: { content: "hello" } }, ...lines], ({ transcript }) => {
		const { unknown } = transcript.tally;
		expect(Object.keys(unknown).length).toBeLessThan(70);
		expect(Object.values(unknown).reduce((sum, count) => sum + count, 0)).toBe(1_000);
	});
});

describe("sub-agents of Claude Code in files of their own", () => {
	const about = { sessionId: "s", version: "2.1.12", cwd: "/w" };
	const said = (second: number, text: string, agentId: string | null, id: string): object => ({
		...about,
		...(agentId === null ? {} : { isSidechain: true, agentId }),
		type: "assistant",
		uuid: `${id}`,
		timestamp: `2026-01-01T00:00:${String(second).padStart(2, "0")}.000Z`,
		message: { id, role: "assistant", model: "m", usage: { output_tokens: second }, content: [{ type: "text", text }] },
	});
	const files: Readonly<Record<string, readonly object[]>> = {
		"s.jsonl": [said(1, "main begins", null, "m1"), said(6, "main ends", null, "m2")],
		"agent-a.jsonl": [said(2, "a looks", "a", "a1"), said(4, "a looks again", "a", "a1"), said(5, "a ends", "a", "a2")],
		"agent-b.jsonl": [said(3, "b looks", "b", "b1"), { ...said(0, "b ends", "b", "b2"), timestamp: undefined }],
	};

	async function takeInAll(names: readonly string[], check: (taken: Taken) => void): Promise<void> {
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-agents-"));
		const paths = names.map((name) => join(scratch.path, name));
		for (const [index, path] of paths.entries()) {
			writeFileSync(path, (files[names[index] ?? ""] ?? []).map((line) => `${JSON.stringify(line)}\n`).join(""));
		}
		using store = openTapeFile(join(scratch.path, "tape.retake"), { clock: systemClock, mode: "create" });
		const [path = "", ...more] = paths;
		const transcript = await importTranscript(store, { path, more, emptyTreeId });
		verifyChain(store, transcript.runId);
		check({ transcript, store, calls: readTrace(store, transcript.runId).calls });
	}

	test("become scopes of the same run, in the order in which all was written, each message told of once", async () => {
		const ids: string[] = [];
		await takeInAll(Object.keys(files), ({ transcript, calls }) => {
			ids.push(transcript.runId);
			expect(transcript).toMatchObject({ messages: 7, tally: nothingLost });
			expect(calls.map(({ address, input }) => `${addressKey(address)} ${(input as { text: string }).text}`)).toEqual([
				"/#0 main begins",
				"/0/0#0 a looks",
				"/1/0#0 b looks",
				"/1/0#1 b ends",
				"/0/0#1 a looks again",
				"/0/0#2 a ends",
				"/#1 main ends",
			]);
			const told = calls.map(({ outcome }) => outcome.kind === "result" && outcome.value !== null);
			expect(told).toEqual([true, true, true, true, false, true, true]);
		});
		await takeInAll(Object.keys(files), ({ transcript }) => ids.push(transcript.runId));
		await takeInAll(["s.jsonl"], ({ transcript }) => ids.push(transcript.runId));
		// The same files are the same run; the session alone is another.
		expect(ids[1]).toBe(ids[0]);
		expect(ids[2]).not.toBe(ids[0]);
	});

	test("are of Claude Code alone", async () => {
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-agents-"));
		using store = openTapeFile(join(scratch.path, "tape.retake"), { clock: systemClock, mode: "create" });
		const path = join(fixtures, "codex-0.65.jsonl");
		await expect(importTranscript(store, { path, more: [path], emptyTreeId })).rejects.toThrow("is one file");
	});
});
