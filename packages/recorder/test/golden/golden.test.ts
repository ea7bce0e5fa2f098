import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { openTapeFile } from "@retake/store";
import { describe, expect, test } from "vitest";
import {
	copyRun,
	decodeHeader,
	readTrace,
	semanticsVersion,
	startFork,
	startPlayback,
	verifyChain,
} from "../../src/index.ts";
import { end, header, seededRandomness, steppingClock, temporaryStore } from "../fixture.ts";
import { rewrite } from "../trace/rewrite.ts";
import { goldenProgram } from "./golden-program.ts";

const versions = Array.from({ length: semanticsVersion }, (_, index) => index + 1);
const golden = (version: number, suffix: string) => join(import.meta.dirname, `semantics-v${version}.${suffix}`);
const sawThen = (version: number): unknown => JSON.parse(readFileSync(golden(version, "json"), "utf8"));
const asJson = (seen: unknown): unknown => JSON.parse(JSON.stringify(seen));

/** Opens a copy of the record of a version: what lies there for ever is not even opened. */
function openGolden(version: number) {
	const fixture = temporaryStore();
	const file = join(fixture.directory, "golden.retake");
	copyFileSync(golden(version, "retake"), file);
	const tape = openTapeFile(file, { clock: systemClock, mode: "read" });
	const runs = tape.runs.list();
	const whole = runs.find(({ state }) => state === "kept");
	const cut = runs.find(({ state }) => state === "open");
	if (whole === undefined || cut === undefined) throw new Error("the golden file has two runs");
	const close = () => {
		tape[Symbol.dispose]();
		fixture[Symbol.dispose]();
	};
	return { fixture, file, tape, whole, cut, [Symbol.dispose]: close };
}

describe.each(versions)("a record of version %i", (version) => {
	test("opens, is brought to the present version and plays back to its root hash and to what the program saw then", async () => {
		using opened = openGolden(version);
		const { tape, whole } = opened;
		expect(decodeHeader(whole.header).semanticsVersion).toBe(semanticsVersion);
		const playback = startPlayback({ store: tape, run: whole.runId, policy: "strict" });
		expect(asJson(await goldenProgram(playback))).toEqual(sawThen(version));
		const { divergences, rootHash } = await playback.finish();
		expect(divergences).toEqual([]);
		expect(rootHash).toEqual({ recorded: whole.rootHash, recomputed: whole.rootHash });
		const errors = readTrace(tape, whole.runId).calls.flatMap(({ outcome }) =>
			outcome.kind === "error" ? [outcome.error] : [],
		);
		expect(errors).toMatchObject([
			{ name: "RetakeError", code: "FILE_NOT_FOUND", remedy: "name another", timedOut: null },
			{ name: "TypeError", code: null, message: "the model broke", cause: null },
		]);
	});

	test("is copied byte for byte, and forked into a run of the present version", async () => {
		using opened = openGolden(version);
		const { fixture, tape, whole } = opened;
		expect(copyRun(tape, fixture.store, whole)).toBe("copied");
		expect(verifyChain(fixture.store, whole.runId)).toEqual(verifyChain(tape, whole.runId));
		const calls = readTrace(tape, whole.runId).calls.length;
		const fork = startFork({
			store: fixture.store,
			clock: steppingClock(),
			randomness: seededRandomness(9),
			header,
			run: whole.runId,
			at: { kind: "calls", count: calls - 1 },
			onDivergence: "stop",
			onServedChange: () => {},
		});
		expect(asJson(await goldenProgram(fork))).toEqual(sawThen(version));
		await fork.finish(end);
		expect(fork.origin).toMatchObject({ served: calls - 1, executed: 1, divergence: null });
		const playback = startPlayback({ store: fixture.store, run: fork.runId, policy: "strict" });
		expect(asJson(await goldenProgram(playback))).toEqual(sawThen(version));
		const { rootHash } = await playback.finish();
		expect(rootHash.recomputed).toBe(rootHash.recorded);
	});

	test("cut off, is read up to the cut", () => {
		using opened = openGolden(version);
		const trace = readTrace(opened.tape, opened.cut.runId);
		expect(trace.complete).toBe(false);
		expect(trace.calls.at(-1)?.outcome.kind).toBe("in-flight");
	});
});

test("a record of a later version is refused by name and not touched", () => {
	using opened = openGolden(semanticsVersion);
	const { file, tape, whole, fixture } = opened;
	tape[Symbol.dispose]();
	// In the header's canonical bytes the key is followed by its value, one byte.
	const key = Buffer.from("semanticsVersion").toString("hex").toUpperCase();
	const [before, after] = [semanticsVersion, semanticsVersion + 1].map((version) => `${key}0${version}`);
	const change = `UPDATE run SET header = unhex(replace(hex(header), '${before}', '${after}'))`;
	expect(rewrite(file, [change])).toBe(2);
	const bytes = readFileSync(file);
	using newer = openTapeFile(file, { clock: systemClock, mode: "read" });
	const refusal = expect.objectContaining({ code: "STORE_NEWER", remedy: "install the newer retake" });
	expect(() => startPlayback({ store: newer, run: whole.runId, policy: "strict" })).toThrow(refusal);
	expect(() => readTrace(newer, whole.runId)).toThrow(refusal);
	expect(() => copyRun(newer, fixture.store, newer.runs.get(whole.runId))).toThrow(refusal);
	expect(fixture.store.runs.list()).toEqual([]);
	expect(readFileSync(file).equals(bytes)).toBe(true);
});
