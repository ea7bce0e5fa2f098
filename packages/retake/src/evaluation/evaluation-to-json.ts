import type { RunId } from "@retake/base";
import type { Risk } from "@retake/changeset";
import type { Evaluation } from "@retake/evaluator";
import type { z } from "zod";
import type { evalDocument } from "../json/eval-document.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";

/** Turns an evaluation into the document that `retake eval --json` prints. */
export function evaluationToJson(
	evaluation: Evaluation,
	submodules: readonly string[],
	risksOf: (runId: RunId) => Risk[],
): z.input<typeof evalDocument> {
	return {
		runId: evaluation.runId,
		base: { ...evaluation.base, submodules: [...submodules] },
		candidates: evaluation.candidates.map((candidate) => ({
			name: candidate.name,
			runId: candidate.runId,
			verdict: candidate.verdict,
			reason: candidate.reason,
			checks: candidate.checks.map((check) => ({
				name: check.name,
				exitCode: check.exitCode,
				signal: check.signal,
				timedOut: check.timedOut,
				outOfMemory: check.outOfMemory,
				durationMs: check.durationMs,
				stdout: textOfBytes(check.stdout),
				stderr: textOfBytes(check.stderr),
				droppedBytes: { ...check.droppedBytes },
			})),
			changedPaths: [...candidate.changedPaths],
			risks: candidate.runId === null ? [] : risksOf(candidate.runId),
			patchBytes: candidate.patchBytes,
		})),
		selected: evaluation.selected,
		committed: evaluation.committed,
	};
}
