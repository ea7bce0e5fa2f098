import type { Clock } from "@retake/base";
import type { EvaluationProgress } from "@retake/evaluator";
import type { OutputEnd } from "../edges/edges.ts";
import { snapshotLine } from "../run/snapshot-view.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import { ProgressPace } from "../terminal/progress-pace.ts";
import type { EvaluationView } from "./evaluation-view.ts";

/** Nanoseconds between two lines about the same snapshot. */
const snapshotLineNs = 5_000_000_000n;

/** Shows an evaluation as one line for each thing that is worth a line in a log. */
export function plainView(output: OutputEnd, clock: Pick<Clock, "monotonic">): EvaluationView {
	const pace = new ProgressPace(clock, snapshotLineNs);
	return {
		show: (progress) => {
			if (progress.kind === "snapshot" && !pace.isDue()) return;
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
			return snapshotLine(progress.files, progress.bytes);
		case "frozen":
		case "candidate-started":
		case "check-started":
		case "selected":
		case "committing":
			return null;
	}
}
