import type { Trace, TraceCall, TraceMarker } from "@retake/recorder";
import { layOverName } from "./live-session.ts";
import { processTools } from "./processes/process-tools.ts";
import { standardTools } from "./tools/standard-tools.ts";

/** Something that a run did to its tree, or asked of it. */
export type RecordedStep =
	| { readonly kind: "call"; readonly call: TraceCall }
	/** What a process left when it was stopped: it ran beside other calls, and is not executed again. */
	| { readonly kind: "left"; readonly call: TraceCall }
	| { readonly kind: "marker"; readonly marker: TraceMarker };

/** Returns what of a record can be executed again, in the order in which it ended: calls of tools that ended, savepoints and rollbacks. */
export function recordedSteps(trace: Trace): readonly RecordedStep[] {
	const placed: { readonly at: number; readonly step: RecordedStep }[] = [];
	for (const call of trace.calls) {
		if (call.settledSequence === null) continue;
		if (isLeftByProcess(call)) placed.push({ at: call.settledSequence, step: { kind: "left", call } });
		if (!isExecutable(call)) continue;
		if (call.outcome.kind !== "result" && call.outcome.kind !== "error") continue;
		placed.push({ at: call.settledSequence, step: { kind: "call", call } });
	}
	for (const marker of trace.markers) {
		if (marker.name !== "end") placed.push({ at: marker.logSequence, step: { kind: "marker", marker } });
	}
	return placed.sort((a, b) => a.at - b.at).map(({ step }) => step);
}

function isLeftByProcess({ identity: { kind, tool }, changesetId }: TraceCall): boolean {
	return kind === "tool" && Object.hasOwn(processTools, tool) && changesetId !== null;
}

/** Work of the agent's own is on record only by its name; what it did can be done again by nobody but the agent. */
function isExecutable({ identity: { kind, tool } }: TraceCall): boolean {
	return kind === "tool" && (tool === layOverName || Object.hasOwn(standardTools, tool));
}
