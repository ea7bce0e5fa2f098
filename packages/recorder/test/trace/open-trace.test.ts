import { join } from "node:path";
import { isRetakeError, systemClock } from "@retake/base";
import { openTapeFile } from "@retake/store";
import { expect, test } from "vitest";
import { endsOf, openTrace, readTrace, type TraceCall, type TraceEnd } from "../../src/index.ts";
import { end, record, request, seededRandom, seededRandomness, temporaryStore } from "../fixture.ts";
import { randomAgent, run } from "../random-agent.ts";
import { rewrite } from "./rewrite.ts";

/** All that can be read of a call. */
function whole(call: TraceCall): TraceCall {
	const { address, identity, input, chunks, outcome, changesetId, attributesId } = call;
	const { issuedAtMs, settledAtMs, issuedSequence, settledSequence } = call;
	const when = { issuedAtMs, settledAtMs, issuedSequence, settledSequence };
	return { address, identity, input, chunks, outcome, changesetId, attributesId, ...when };
}

function wholeEnd(each: TraceEnd): TraceEnd {
	return each.kind === "call" ? { kind: "call", call: whole(each.call) } : each;
}

test("read call by call, a run is what it is read at once", async () => {
	using fixture = temporaryStore();
	const { store } = fixture;
	let chunks = 0;
	for (let seed = 1; seed <= 40; seed++) {
		const recording = record(store, { randomness: seededRandomness(seed) });
		await run(recording, randomAgent(seededRandom(seed)), seededRandom(seed + 1_000_000));
		// Some are cut off.
		if (seed % 5 !== 0) await recording.finish(end);
		const atOnce = readTrace(store, recording.runId);
		const trace = openTrace(store, recording.runId);
		expect(Array.from(trace.calls(), whole), `seed ${seed}`).toEqual(atOnce.calls);
		expect(Array.from(trace.ends(), wholeEnd), `seed ${seed}`).toEqual(endsOf(atOnce));
		const { header, rootHash, complete, size } = trace;
		expect({ header, rootHash, complete, size }).toEqual({
			header: atOnce.header,
			rootHash: atOnce.rootHash,
			complete: atOnce.complete,
			size: atOnce.calls.length,
		});
		for (const [ordinal, { address, issuedSequence, settledSequence }] of atOnce.calls.entries()) {
			expect(trace.find(address)).toBe(ordinal);
			expect(trace.place(ordinal)).toEqual({ address, issuedSequence, settledSequence });
		}
		expect(trace.find({ scope: "/", sequence: 1_000 })).toBeNull();
		chunks += atOnce.calls.reduce((sum, call) => sum + call.chunks.length, 0);
	}
	expect(chunks).toBeGreaterThan(100);
});

test.each([1, 2])("so is a record of version %i", (version) => {
	const file = join(import.meta.dirname, `../golden/semantics-v${version}.retake`);
	using tape = openTapeFile(file, { clock: systemClock, mode: "read" });
	for (const { runId } of tape.runs.list()) {
		expect(Array.from(openTrace(tape, runId).calls(), whole)).toEqual(readTrace(tape, runId).calls);
	}
});

test("a call that somebody changes after the run was opened is not read", async () => {
	using fixture = temporaryStore();
	const recording = record(fixture.store);
	for (let index = 0; index < 2_000; index++) await recording.call(request("exec", { index }, async () => index));
	await recording.finish(end);
	const trace = openTrace(fixture.store, recording.runId);
	expect(trace.call(1_500).input).toEqual({ index: 1_500 });
	const edit = "UPDATE event SET bytes = CAST(bytes || x'00' AS BLOB) WHERE sequence = 7";
	expect(rewrite(join(fixture.store.directory, "retake.db"), [edit])).toBe(1);
	expect(trace.call(1_501).input).toEqual({ index: 1_501 });
	let thrown: unknown;
	try {
		trace.call(0);
	} catch (error) {
		thrown = error;
	}
	expect(isRetakeError(thrown, "TRACE_TAMPERED"), String(thrown)).toBe(true);
});
