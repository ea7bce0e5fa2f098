import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { CanonicalValue } from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { readTrace, type Secret, startPlayback, type Tape, verifyChain } from "../../src/index.ts";
import { end, record, request, temporaryStore } from "../fixture.ts";

const cycle: unknown[] = [];
cycle.push({ again: cycle });

class Point {
	readonly x = 1;
}

const refused: readonly (readonly [string, unknown, string])[] = [
	["a function", { f: () => 1 }, "/f"],
	["a symbol", [Symbol("s")], "/0"],
	["a cycle", cycle, "/0/again"],
	["a BigInt", { n: 1n }, "/n"],
	["NaN", [Number.NaN], "/0"],
	["infinity", [Number.POSITIVE_INFINITY], "/0"],
	["-0", { z: -0 }, "/z"],
	["undefined", { u: undefined }, "/u"],
	["undefined in an array", [undefined], "/0"],
	["an instance of a class", { p: new Point() }, "/p"],
	["a Date", new Date(0), ""],
	["a Map", { m: new Map() }, "/m"],
	["a lone surrogate", "\udc80", ""],
];
const secretSets: readonly (readonly [string, readonly Secret[]])[] = [
	["without secrets", []],
	["with a secret to look for", [{ name: "TOKEN", value: "s3cret-value" }]],
];

describe.each(secretSets)("bad values %s", (_, secrets) => {
	test.each(refused)(
		"%s as an input is refused by name, nothing is executed or on record, and the run goes on",
		async (_what, value, pointer) => {
			using fixture = temporaryStore();
			const recording = record(fixture.store, { secrets });
			let executed = 0;
			const bad = recording.call(request("exec", value as CanonicalValue, async () => executed++));
			await expect(bad).rejects.toMatchObject({ code: "NOT_SERIALISABLE", sort: "misuse", data: { pointer } });
			await recording.call(request("exec", "good", async () => null));
			await recording.finish(end);
			expect({ executed, calls: readTrace(fixture.store, recording.runId).calls.length }).toEqual({
				executed: 0,
				calls: 1,
			});
		},
	);

	test.each(refused)("%s as a result is the call's error, live and played back", async (_what, value) => {
		using fixture = temporaryStore();
		const recording = record(fixture.store, { secrets });
		const program = (tape: Tape, live: boolean) =>
			tape.call(request("exec", "a", live ? async () => value as CanonicalValue : undefined));
		await expect(program(recording, true)).rejects.toMatchObject({ code: "NOT_SERIALISABLE" });
		await recording.finish(end);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict", secrets });
		await expect(program(playback, false)).rejects.toMatchObject({ code: "NOT_SERIALISABLE" });
		expect((await playback.finish()).divergences).toEqual([]);
	});

	test("a buffer of 1 GiB is refused by a named limit and never copied, as input, result and output", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store, { secrets });
		// Pages that nobody touches are no memory: a copy would be.
		const huge = new Uint8Array(1024 ** 3);
		const before = process.memoryUsage().rss;
		const limit = { code: "LIMIT_EXCEEDED", data: { limit: "canonicalBytesMax", pointer: "/content" } };
		const input = recording.call(request("exec", { content: huge }, async () => null));
		await expect(input).rejects.toMatchObject(limit);
		const result = recording.call(request("exec", "result", async () => ({ content: huge })));
		await expect(result).rejects.toMatchObject(limit);
		const output = recording.call(
			request("exec", "output", async ({ chunk }) => {
				await chunk("stdout", huge);
				return null;
			}),
		);
		await expect(output).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", data: { limit: "undeliveredBytesMax" } });
		expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 ** 2);
		await recording.finish(end);
		verifyChain(fixture.store, recording.runId);
	});
});

test("a second process that writes to a run is refused by name, and the run of the first is whole", {
	timeout: 60_000,
}, async () => {
	using fixture = temporaryStore();
	const recording = record(fixture.store);
	await recording.call(request("exec", "first", async () => null));
	const program = join(import.meta.dirname, "second-writer.ts");
	const second = spawn(process.execPath, [program, fixture.store.directory, recording.runId], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	let told = "";
	second.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
	await once(second, "close");
	expect(JSON.parse(told)).toMatchObject({
		code: "RUN_STATE",
		remedy: "another process records the same run: a run has one recorder",
	});
	await recording.call(request("exec", "last", async () => null));
	await recording.finish(end);
	expect(verifyChain(fixture.store, recording.runId).events).toBe(5);
});
