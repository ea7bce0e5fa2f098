import { type CandidateResult, type EvaluationProgress, evaluate } from "@retake/evaluator";
import { z } from "zod";
import { answer } from "../answer.ts";
import { fitText } from "../fit-text.ts";
import type { SandboxTool } from "../sandbox-tool.ts";

const checkOutputCharactersMax = 4000;

const named = { name: z.string().min(1) };

const input = z.strictObject({
	candidates: z
		.array(
			z.union([
				z.strictObject({ ...named, patch: z.string().min(1).describe("a unified or git diff") }),
				z.strictObject({
					...named,
					command: z.string().min(1).describe("run by /bin/sh -c in the sandbox; its changes are the candidate"),
				}),
			]),
		)
		.min(1),
	checks: z
		.array(z.strictObject({ ...named, command: z.string().min(1).describe("run by /bin/sh -c; passes with exit 0") }))
		.min(1),
	base: z.string().min(1).default("worktree").describe("worktree for the files as they are, or a git ref"),
	setup: z
		.string()
		.min(1)
		.optional()
		.describe("run once before, such as npm ci --offline; all candidates share its result"),
	testPatch: z
		.string()
		.min(1)
		.optional()
		.describe("a diff laid over each candidate before the checks, so that none can touch its tests"),
	jobs: z
		.int()
		.positive()
		.max(256)
		.optional()
		.describe("candidates at once; as many as there are processors where absent"),
});

const output = z.object({
	run: z.string().describe("id of the evaluation; commit takes it"),
	selected: z.string().nullable().describe("the smallest candidate that passed every check"),
	candidates: z.array(
		z.object({
			name: z.string(),
			run: z.string().nullable(),
			verdict: z.string(),
			reason: z.string().nullable(),
			checks: z.array(
				z.object({
					name: z.string(),
					exitCode: z.int().nullable(),
					durationMs: z.number(),
					stdout: z.string(),
					stderr: z.string(),
				}),
			),
			changedPaths: z.array(z.string()),
		}),
	),
});

/** Evaluates candidates against checks and selects one. */
export const evaluateTool: SandboxTool<typeof input> = {
	name: "evaluate",
	title: "Evaluate candidates",
	description:
		"Try several candidate patches or commands, each in a sandbox of its own on the same frozen base, judge each by the checks, and select the smallest that passes. Nothing is committed: commit takes the returned run.",
	input,
	output,
	annotations: { readOnlyHint: true, openWorldHint: false },
	run: async ({ runtime, progress, context }, { candidates, testPatch, setup, jobs, ...rest }) => {
		const evaluation = await evaluate(
			runtime,
			{
				...rest,
				...(setup === undefined ? {} : { setup }),
				...(jobs === undefined ? {} : { jobs }),
				...(testPatch === undefined ? {} : { testPatch: Buffer.from(testPatch, "utf8") }),
				candidates: candidates.map((candidate) =>
					"patch" in candidate
						? { kind: "patch", name: candidate.name, patch: Buffer.from(candidate.patch, "utf8") }
						: { kind: "command", ...candidate },
				),
			},
			{ onProgress: (event) => tell(event, (message) => progress.tell(message)), signal: context.mcpReq.signal },
		);
		const { runId, selected } = evaluation;
		return answer({ run: runId, selected, candidates: evaluation.candidates.map(candidateOf) });
	},
};

function tell(event: EvaluationProgress, say: (message: string) => void): void {
	if (event.kind === "candidate-started") say(`${event.name} started`);
	if (event.kind === "check-ended")
		say(`${event.candidate}: ${event.check} ended with ${event.exitCode ?? "no exit code"}`);
	if (event.kind === "candidate-ended") say(`${event.result.name}: ${event.result.verdict}`);
}

function candidateOf({ name, runId, verdict, reason, checks, changedPaths }: CandidateResult) {
	return {
		name,
		run: runId,
		verdict,
		reason,
		changedPaths: [...changedPaths],
		checks: checks.map((check) => ({
			name: check.name,
			exitCode: check.exitCode,
			durationMs: check.durationMs,
			stdout: fitText(Buffer.from(check.stdout).toString("utf8"), checkOutputCharactersMax).text,
			stderr: fitText(Buffer.from(check.stderr).toString("utf8"), checkOutputCharactersMax).text,
		})),
	};
}
