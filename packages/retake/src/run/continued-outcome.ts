import type { ContinuedRun } from "@retake/evaluator";
import { addressKey } from "@retake/recorder";
import type { z } from "zod";
import { exitCodes } from "../exit-code.ts";
import { nextCommand } from "../flags/next-command.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import type { resumeDocument } from "../json/resume-document.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import type { VerbOutcome } from "../verb.ts";

/** Says what the continuation of a run came to, and what can be done with it. */
export function continuedOutcome(
	continued: ContinuedRun,
	flags: WorkspaceFlags,
): VerbOutcome<z.input<typeof resumeDocument>> {
	const { runId, parentRunId, origin, verdict, failed, changes, state } = continued;
	const { divergence } = origin;
	const left = divergence === null ? null : { kind: divergence.kind, message: divergence.message };
	const where = divergence?.address ?? null;
	const executedAgain = origin.executedAgain.map(addressKey);
	const changedPaths = changes.changes.map(({ path }) => path);
	const next = state === "kept" && changedPaths.length > 0 ? ["changes", runId, "--patch"] : ["show", runId];
	return {
		exitCode: failed ? exitCodes.negative : exitCodes.done,
		document: {
			runId,
			parentRunId,
			served: origin.served,
			executed: origin.executed,
			executedAgain,
			divergence: left === null ? null : { ...left, address: where === null ? null : addressKey(where) },
			verdict,
			failed,
			changedPaths,
			outcome: state,
		},
		lines: [
			`run ${runId}, a child of ${parentRunId}`,
			`${formatCount(origin.served, "call")} served from the record, ${origin.executed} executed`,
			...(left === null ? [] : [`left the record: ${left.kind}: ${escapeText(left.message)}`]),
			...(executedAgain.length === 0 ? [] : [`under way at the cut, executed again: ${executedAgain.join(", ")}`]),
			`${escapeText(verdict)}, ${formatCount(changedPaths.length, "path")} changed, ${state}`,
			`  ${nextCommand(flags, ...next)}`,
		],
	};
}
