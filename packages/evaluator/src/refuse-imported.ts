import { RetakeError } from "@retake/base";
import type { RunRecord } from "@retake/store";

/** Refuses a run of which only a transcript is known: there is no program to run again, and no tree that its calls met. Throws `USAGE`. */
export function refuseImported({ runId, kind }: RunRecord, what: "replayed" | "continued" | "reapplied"): void {
	if (kind !== "imported") return;
	throw new RetakeError("USAGE", `run ${runId} was imported from another tool's transcript and cannot be ${what}`, {
		sort: "misuse",
		data: { runId, kind },
		remedy: "show it with `retake show`, or compare it with `retake diff`",
	});
}
