import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { openSession } from "retake";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startOtlpReceiver } from "./otlp-receiver.ts";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const fixtures = join(import.meta.dirname, "../../packages/transcripts/test/fixtures");

let workspace: ScratchWorkspace;
let runId: string;

async function exported(run: string, format: string, name = run): Promise<unknown> {
	const file = join(workspace.path, `${name}.${format}.json`);
	const { exitCode, stderr } = await retake(workspace.path, "export", run, "--to", file, "--format", format);
	expect(exitCode, stderr).toBe(0);
	return JSON.parse(readFileSync(file, "utf8"));
}

beforeAll(async () => {
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using session = await openSession({ workspace: workspace.path });
	await session.perform("model", { prompt: "how?" }, async () => "so");
	await session.now();
	await session.call("exec", { argv: ["sh", "-c", "echo out; echo err >&2; exit 3"] });
	await session.call("read_file", { path: "absent.txt" }).catch(() => undefined);
	await session.parallel([async () => session.call("write_file", { path: "b.txt", content: "b\n" })]);
	({ runId } = await session.keep({ verdict: "done", failed: false }));
	return () => workspace[Symbol.dispose]();
});

const attribute = z.strictObject({ key: z.string(), value: z.strictObject({ stringValue: z.string() }) });

/** OTLP's JSON encoding of an ExportTraceServiceRequest: ids in hexadecimal, 64-bit integers as text, enumerations as numbers. */
const traceRequest = z.strictObject({
	resourceSpans: z.array(
		z.strictObject({
			resource: z.strictObject({ attributes: z.array(attribute) }),
			scopeSpans: z.array(
				z.strictObject({
					scope: z.strictObject({ name: z.string(), version: z.string() }),
					spans: z.array(
						z.strictObject({
							traceId: z.string().regex(/^[0-9a-f]{32}$/),
							spanId: z.string().regex(/^[0-9a-f]{16}$/),
							parentSpanId: z
								.string()
								.regex(/^[0-9a-f]{16}$/)
								.optional(),
							name: z.string(),
							kind: z.literal(1),
							startTimeUnixNano: z.string().regex(/^\d{19}$/),
							endTimeUnixNano: z.string().regex(/^\d{19}$/),
							attributes: z.array(attribute),
							status: z.strictObject({ code: z.literal(2).optional(), message: z.string().optional() }),
						}),
					),
				}),
			),
		}),
	),
});

test("OTLP: the encoding is OTLP's own, and every attribute is in the registry of the conventions or named after us", async () => {
	const { resourceSpans } = traceRequest.parse(await exported(runId, "otlp"));
	const registry = new Set<unknown>(
		Object.entries(conventions).flatMap(([name, value]) => (name.startsWith("ATTR_") ? [value] : [])),
	);
	expect(registry.size).toBeGreaterThan(500);
	const [first] = resourceSpans;
	const spans = first?.scopeSpans[0]?.spans ?? [];
	const keys = [...(first?.resource.attributes ?? []), ...spans.flatMap((span) => span.attributes)].map(
		({ key }) => key,
	);
	expect(keys.filter((key) => !registry.has(key) && !key.startsWith("retake."))).toEqual([]);
	expect(spans.map(({ name, status }) => [name, status.code ?? 0])).toEqual([
		[expect.stringMatching(/^invoke_agent /), 0],
		["execute_tool model", 0],
		["perform now", 0],
		["execute_tool exec", 0],
		["execute_tool read_file", 2],
		["execute_tool write_file", 0],
	]);
	for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
		expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
	}
});

test("OTLP: a receiver on this machine takes what was exported, as official messages, and refuses what is not", async () => {
	await using receiver = await startOtlpReceiver();
	const request = await exported(runId, "otlp", "posted");
	const post = async (body: string): Promise<number> => {
		const headers = { "content-type": "application/json" };
		return (await fetch(receiver.url, { method: "POST", headers, body })).status;
	};
	const text = JSON.stringify(request);
	expect(await post(text)).toBe(200);
	expect(receiver.spans).toHaveLength(6);
	const [root, ...calls] = receiver.spans;
	expect(root?.name).toMatch(/^invoke_agent /);
	for (const span of calls) {
		expect(span.parentSpanId).toBe(root?.spanId);
		expect(span.traceId).toBe(root?.traceId);
	}
	const failed = calls.find(({ name }) => name === "execute_tool read_file");
	expect(failed?.attributes).toContainEqual({ key: "error.type", value: { stringValue: "FILE_NOT_FOUND" } });
	// Control: the receiver looks. A name that OTLP does not have, an id that is none, a time that is no number.
	for (const [from, to] of [
		['"startTimeUnixNano"', '"startTime"'],
		[/"traceId":"[0-9a-f]+"/, '"traceId":"not-an-id"'],
		[/"stringValue":"exec"/, '"stringValue":7'],
	] as const) {
		const wrong = text.replace(from, to);
		expect(wrong).not.toBe(text);
		expect(await post(wrong), to).toBe(400);
	}
});

/** The trajectory's published description, version 1.4, without what is optional and not written here. */
const trajectory = z.strictObject({
	schema_version: z.literal("ATIF-v1.4"),
	session_id: z.string(),
	agent: z.strictObject({ name: z.string(), version: z.string() }),
	final_metrics: z.strictObject({ total_steps: z.int() }),
	extra: z.record(z.string(), z.unknown()),
	steps: z.array(
		z
			.strictObject({
				step_id: z.int(),
				timestamp: z.iso.datetime(),
				source: z.enum(["system", "user", "agent"]),
				message: z.string(),
				model_name: z.string().optional(),
				reasoning_content: z.string().optional(),
				tool_calls: z
					.array(
						z.strictObject({
							tool_call_id: z.string(),
							function_name: z.string(),
							arguments: z.record(z.string(), z.unknown()),
						}),
					)
					.optional(),
				observation: z
					.strictObject({ results: z.array(z.strictObject({ source_call_id: z.string(), content: z.string() })) })
					.optional(),
				extra: z.record(z.string(), z.unknown()).optional(),
			})
			.refine(
				({ source, ...step }) =>
					source === "agent" || !("tool_calls" in step || "model_name" in step || "reasoning_content" in step),
			),
	),
});

test("ATIF: a run is a trajectory by the format's description, its steps numbered from 1, each result naming its call", async () => {
	const { steps } = trajectory.parse(await exported(runId, "atif"));
	expect(steps.map(({ step_id }) => step_id)).toEqual([1, 2, 3, 4, 5, 6]);
	for (const { tool_calls: calls = [], observation } of steps) {
		expect(observation?.results.map((result) => result.source_call_id) ?? []).toEqual(
			calls.map((call) => call.tool_call_id),
		);
	}
	expect(steps[3]?.observation?.results[0]?.content).toBe("Exit code 3\nout\nerr\n");
	expect(steps[4]?.observation?.results[0]?.content).toContain("FILE_NOT_FOUND");
});

test("ATIF: out and in again, the calls of a transcript are the same calls", async () => {
	const words = ["import", join(fixtures, "claude-code-2.1.jsonl"), "--json"];
	const { runs } = JSON.parse((await retake(workspace.path, ...words)).stdout) as { runs: { runId: string }[] };
	const original = runs[0]?.runId ?? "";
	trajectory.parse(await exported(original, "atif"));
	const again = await retake(workspace.path, "import", join(workspace.path, `${original}.atif.json`), "--json");
	const returned = (JSON.parse(again.stdout) as { runs: { runId: string }[] }).runs[0]?.runId ?? "";
	const toolCalls = async (run: string): Promise<unknown[]> => {
		const { calls } = JSON.parse((await retake(workspace.path, "show", run, "--json")).stdout) as {
			calls: { tool: string; input: unknown }[];
		};
		return calls.filter(({ tool }) => /^[A-Z]/.test(tool)).map(({ tool, input }) => ({ tool, input }));
	};
	expect(await toolCalls(returned)).toEqual(await toolCalls(original));
});
