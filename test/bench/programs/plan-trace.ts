import { type ChainHash, defaultLimits, type RunId, type TreeId, type ValueHash } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import type { Trace, TraceCall } from "@retake/recorder";

/**
 * Makes the trace of a long run. With seed 0 it is the plain one; with another, one call in fifty came out otherwise, one
 * in a hundred was asked otherwise, one in two hundred is gone, one new or a hundred places later.
 */
export function planTrace(count: number, seed: number, schemaHash: ValueHash): Trace {
	const order = Array.from({ length: count }, (_, index) => ({ index, place: index }));
	const draw = drawFrom(seed);
	const calls: TraceCall[] = [];
	const add = (index: number, input: CanonicalValue, value: string): void => {
		calls.push(callOf(calls.length, index, input, value, schemaHash));
	};
	if (seed !== 0) {
		for (const each of order) if (draw(200) === 0) each.place += 100;
		order.sort((a, b) => a.place - b.place);
	}
	for (const { index } of order) {
		const input = (revision: number): CanonicalValue => ({ path: `src/file-${index % 997}.ts`, index, revision });
		const fate = seed === 0 ? -1 : draw(200);
		if (fate === 0) continue;
		if (fate === 1) add(index, { path: "src/new.ts", index, revision: 7 }, "new");
		add(index, input(fate === 2 || fate === 3 ? 1 : 0), fate >= 4 && fate < 8 ? "failed" : "passed");
	}
	return {
		header: {
			semanticsVersion: 2,
			seed: null,
			runId: `bench${seed}` as RunId,
			parentRunId: null,
			kind: "library",
			title: "bench",
			startedAt: 0,
			program: null,
			base: { treeId: "0".repeat(64) as TreeId, changesetId: null, commit: null, workspace: "/bench" },
			sandbox: {},
			limits: defaultLimits,
			tools: { edit: schemaHash },
		},
		calls,
		markers: [],
		rootHash: "0".repeat(64) as ChainHash,
		complete: true,
	};
}

function callOf(
	sequence: number,
	index: number,
	input: CanonicalValue,
	value: string,
	schemaHash: ValueHash,
): TraceCall {
	return {
		address: { scope: "/", sequence },
		identity: { kind: "tool", tool: `tool-${index % 7}`, schemaHash, inputHash: hashCanonical(input) },
		input,
		chunks: [],
		outcome: { kind: "result", value: { status: value, lines: [`call ${index}`, value] } },
		changesetId: null,
		attributesId: null,
		issuedAtMs: sequence * 2,
		settledAtMs: sequence * 2 + 1,
		issuedSequence: sequence * 2,
		settledSequence: sequence * 2 + 1,
	};
}

/** Draws numbers below a bound from a seed: xorshift32. */
function drawFrom(seed: number): (bound: number) => number {
	let state = (seed * 2_654_435_769) >>> 0 || 1;
	return (bound) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % bound;
	};
}
