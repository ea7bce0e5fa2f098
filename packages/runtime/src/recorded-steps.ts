import type { TraceCall, TraceEnd, TraceMarker } from "@retake/recorder";
import { layOverName } from "./live-session.ts";
import { processTools } from "./processes/process-tools.ts";
import { standardTools } from "./tools/standard-tools.ts";

/** Something that a run did to its tree, or asked of it. */
export type RecordedStep =
	| { readonly kind: "call"; readonly call: TraceCall }
	/** What a process left when it was stopped: it ran beside other calls, and is not executed again. */
	| { readonly kind: "left"; readonly call: TraceCall }
	| { readonly kind: "marker"; readonly marker: TraceMarker };

/** Yields what of a record can be executed again, in the order in which it ended: calls of tools that ended, savepoints and rollbacks. */
export function* recordedSteps(ends: Iterable<TraceEnd>): Iterable<RecordedStep> {
	for (const end of ends) {
		if (end.kind === "marker") {
			if (end.marker.name !== "end") yield end;
			continue;
		}
		const { call } = end;
		if (isLeftByProcess(call)) yield { kind: "left", call };
		if (isExecutable(call) && call.outcome.kind !== "cancelled") yield { kind: "call", call };
	}
}

function isLeftByProcess({ identity: { kind, tool }, changesetId }: TraceCall): boolean {
	return kind === "tool" && Object.hasOwn(processTools, tool) && changesetId !== null;
}

/** Work of the agent's own is on record only by its name; what it did can be done again by nobody but the agent. */
function isExecutable({ identity: { kind, tool } }: TraceCall): boolean {
	return kind === "tool" && (tool === layOverName || Object.hasOwn(standardTools, tool));
}
