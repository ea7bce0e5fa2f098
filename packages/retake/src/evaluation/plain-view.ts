import type { EvaluationProgress } from "@retake/evaluator";
import type { OutputEnd } from "../edges/edges.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import type { EvaluationView } from "./evaluation-view.ts";

/** Shows an evaluation as one line for each thing that is worth a line in a log. */
export function plainView(output: OutputEnd): EvaluationView {
	return {
		show: (progress) => {
			const line = plainLine(progress);
			if (line !== null) output.stream.write(`${line}\n`);
		},
		[Symbol.dispose]: () => undefined,
	};
}

/** Writes one piece of progress as a line; null where it is not worth one. */
export function plainLine(progress: EvaluationProgress): string | null {
	switch (progress.kind) {
		case "setup":
			return `set-up ${progress.state}`;
		case "started":
			return `evaluation ${progress.runId}: ${formatCount(progress.candidates.length, "candidate")}, ${formatCount(progress.checks.length, "check")}`;
		case "check-ended": {
			const how = progress.exitCode === null ? "no exit code" : `exit ${progress.exitCode}`;
			return `  ${escapeText(progress.candidate)}: ${escapeText(progress.check)} ${how} (${formatDuration(progress.durationMs)})`;
		}
		case "candidate-ended": {
			const { name, verdict, changedPaths } = progress.result;
			return `${escapeText(name)}: ${verdict}, ${formatCount(changedPaths.length, "path")} changed`;
		}
		case "snapshot":
		case "candidate-started":
		case "check-started":
		case "selected":
		case "committing":
			return null;
	}
}
