import type { ChainHash, ChangesetId, RunId, TreeId, ValueHash } from "@retake/base";
import { defaultLimits } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import type { Trace, TraceCall, TraceChunk, TraceOutcome } from "@retake/recorder";

/** What a test says of one call; the rest is filled in. */
export interface SampleCall {
	readonly tool?: string;
	readonly input: CanonicalValue;
	readonly result?: CanonicalValue;
	readonly outcome?: TraceOutcome;
	readonly chunks?: readonly Pick<TraceChunk, "stream" | "bytes">[];
	readonly changesetId?: ChangesetId;
}

/** Makes a trace as its log would tell it, of calls that were issued one after the other. */
export function sampleTrace(calls: readonly SampleCall[]): Trace {
	return {
		header: {
			semanticsVersion: 2,
			seed: null,
			runId: "0123456789abcdef" as RunId,
			parentRunId: null,
			kind: "library",
			title: "sample",
			startedAt: 0,
			program: null,
			base: { treeId: "0".repeat(64) as TreeId, changesetId: null, commit: null, workspace: "/workspace" },
			sandbox: {},
			limits: defaultLimits,
			tools: {},
		},
		calls: calls.map(sampleCall),
		markers: [],
		rootHash: "0".repeat(64) as ChainHash,
		complete: true,
	};
}

function sampleCall(call: SampleCall, sequence: number): TraceCall {
	const identity = {
		kind: "tool",
		tool: call.tool ?? "exec",
		schemaHash: "0".repeat(64) as ValueHash,
		inputHash: hashCanonical(call.input),
	} as const;
	return {
		address: { scope: "/", sequence },
		identity,
		input: call.input,
		chunks: (call.chunks ?? []).map((chunk) => ({ ...chunk, atMs: sequence, logSequence: 2 * sequence })),
		outcome: call.outcome ?? { kind: "result", value: call.result ?? null },
		changesetId: call.changesetId ?? null,
		attributesId: null,
		issuedAtMs: sequence,
		settledAtMs: sequence + 1,
		issuedSequence: 2 * sequence,
		settledSequence: 2 * sequence + 1,
	};
}
