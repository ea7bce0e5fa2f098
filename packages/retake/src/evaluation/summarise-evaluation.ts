import type { RunId } from "@retake/base";
import type { Risk } from "@retake/changeset";
import type { CandidateResult, CheckResult, Evaluation } from "@retake/evaluator";
import { nextCommand } from "../flags/next-command.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import { escapeOutput, escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatCount } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import { wrapText } from "../terminal/wrap-text.ts";
import { riskLines } from "../trace/run-risks.ts";
import type { Face } from "../verb.ts";

const failuresShown = 12;
const outputLinesShown = 4;

/** Writes what an evaluation came to: the choice, why the others were not chosen, and the commands that look into it. */
export function summariseEvaluation(
	evaluation: Evaluation,
	flags: WorkspaceFlags,
	{ paint, columns }: Pick<Face, "paint" | "columns">,
	risksOf: (runId: RunId) => Risk[],
): string[] {
	const chosen = evaluation.candidates.find(({ name }) => name === evaluation.selected)?.runId ?? null;
	const failed = evaluation.candidates.filter((candidate) => candidate.verdict !== "pass");
	const more = failed.length - failuresShown;
	return [
		"",
		...failed.slice(0, failuresShown).flatMap((candidate) => failureLines(candidate, columns, paint.dim)),
		...(more > 0 ? [`… and ${formatCount(more, "more candidate")} that did not pass`] : []),
		...(failed.length > 0 ? [""] : []),
		evaluation.selected === null
			? paint.red(`No candidate passed every check (evaluation ${evaluation.runId}).`)
			: paint.green(`Selected ${escapeText(evaluation.selected)}${committedWords(evaluation)}.`),
		...(chosen === null ? [] : riskLines(risksOf(chosen)).map(paint.red)),
		...nextCommands(evaluation, flags),
	];
}

function committedWords({ committed }: Evaluation): string {
	if (committed === null) return ", committed nowhere";
	if (committed.kind === "branch")
		return `, committed to branch ${escapeText(committed.branch)} as ${committed.oid.slice(0, 12)}`;
	if (committed.kind === "patch") return `, written to ${escapeText(committed.file)}`;
	return `, committed to the working tree (${formatCount(committed.paths, "path")})`;
}

function failureLines(candidate: CandidateResult, columns: number, dim: (text: string) => string): string[] {
	const failing = candidate.checks.find((check) => check.exitCode !== 0);
	const head = `${candidate.name}: ${candidate.verdict}${candidate.reason === null ? "" : `: ${candidate.reason}`}`;
	const tail = failing === undefined ? [] : lastLines(failing);
	return [...wrapText(escapeText(head), columns), ...tail.map((line) => dim(cutText(`    ${line}`, columns)))];
}

/** The last lines of what a check said, of standard error where it said anything there. */
function lastLines({ stdout, stderr }: CheckResult): string[] {
	const lines = (bytes: Uint8Array): string[] =>
		escapeOutput(textOfBytes(bytes))
			.split("\n")
			.filter((line) => line.trim() !== "");
	const errors = lines(stderr);
	return (errors.length > 0 ? errors : lines(stdout)).slice(-outputLinesShown);
}

function nextCommands({ candidates, selected, committed, runId }: Evaluation, flags: WorkspaceFlags): string[] {
	const chosen = candidates.find((candidate) => candidate.name === selected)?.runId ?? null;
	const failed =
		candidates.find((candidate) => candidate.verdict !== "pass" && candidate.runId !== null)?.runId ?? null;
	const commands: (readonly [string, string])[] = [];
	if (chosen !== null) commands.push([nextCommand(flags, "changes", chosen, "--patch"), "what it changes"]);
	if (chosen !== null && committed === null)
		commands.push([nextCommand(flags, "commit", chosen), "put it into the working tree"]);
	if (failed !== null) commands.push([nextCommand(flags, "replay", failed), "play a failed run back"]);
	if (chosen !== null && failed !== null)
		commands.push([nextCommand(flags, "diff", failed, chosen), "where the two part ways"]);
	commands.push([nextCommand(flags, "show", failed ?? chosen ?? runId), "call by call"]);
	const width = Math.max(...commands.map(([command]) => command.length));
	return commands.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`);
}
