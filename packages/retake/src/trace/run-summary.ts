import type { RunRecord } from "@retake/store";
import type { z } from "zod";
import type { runSummary } from "../json/runs-document.ts";

/** Turns a run as the store lists it into JSON. */
export function summariseRun(run: RunRecord): z.input<typeof runSummary> {
	const { runId, parentRunId, kind, title, state, failed, verdict } = run;
	const startedAt = new Date(run.startedAt).toISOString();
	const endedAt = run.endedAt === null ? null : new Date(run.endedAt).toISOString();
	return { runId, parentRunId, kind, title, startedAt, endedAt, state, failed, verdict };
}
