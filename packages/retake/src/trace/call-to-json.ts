import { addressKey, errorWord, type TraceCall } from "@retake/recorder";
import type { Store } from "@retake/store";
import type { z } from "zod";
import type { showDocument } from "../json/show-document.ts";
import { changedPathsOf } from "./describe-call.ts";
import { jsonValue } from "./json-value.ts";

type CallDocument = z.input<typeof showDocument>["calls"][number];

/** Turns a recorded call into JSON. */
export function callToJson(call: TraceCall, store: Store): CallDocument {
	return {
		address: addressKey(call.address),
		tool: call.identity.tool,
		input: jsonValue(call.input),
		outcome: outcomeToJson(call.outcome),
		startedMs: call.issuedAtMs,
		durationMs: call.settledAtMs === null ? null : call.settledAtMs - call.issuedAtMs,
		changedPaths: [...changedPathsOf(call, store)],
	};
}

function outcomeToJson(outcome: TraceCall["outcome"]): CallDocument["outcome"] {
	switch (outcome.kind) {
		case "result":
			return { kind: "result", value: jsonValue(outcome.value) };
		case "error":
			return { kind: "error", code: errorWord(outcome.error), message: outcome.error.message };
		case "cancelled":
		case "in-flight":
			return { kind: outcome.kind };
	}
}
