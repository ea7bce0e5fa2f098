import type { RunId } from "@retake/base";
import type { Risk } from "@retake/changeset";
import { evaluate } from "@retake/evaluator";
import { Command } from "commander";
import { type EvalFlags, gatherEvalRequest } from "../evaluation/eval-request.ts";
import { evaluationToJson } from "../evaluation/evaluation-to-json.ts";
import { chooseView } from "../evaluation/evaluation-view.ts";
import { summariseEvaluation } from "../evaluation/summarise-evaluation.ts";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { positiveInteger } from "../flags/positive-number.ts";
import { addSandboxFlags } from "../flags/sandbox-flags.ts";
import { addSnapshotFlags } from "../flags/snapshot-flags.ts";
import { addWorkspaceFlags } from "../flags/workspace-flags.ts";
import { evalDocument } from "../json/eval-document.ts";
import { openWorkspace } from "../open-workspace.ts";
import { submoduleLines } from "../terminal/submodule-lines.ts";
import { risksOfRun } from "../trace/run-risks.ts";
import type { Verb } from "../verb.ts";

const examples = `
Examples:
  retake eval --check 'tests=npm test' --candidate fixes/
  retake eval --setup 'npm ci' --setup-allow packages.example.com:443 \\
              --check 'tests=npm test' --check 'lint=npm run lint' \\
              --candidate a.patch --candidate b.patch --commit branch:fix

Exit codes: 0 a candidate was selected, 1 none passed, 2 usage,
3 infrastructure, 5 conflict (nothing written), 130 interrupted.`;

/** Kept of each stream of each check, bytes: the document holds the output of every check of every candidate. */
const checkOutputBytes = 1024 ** 2;

/** Makes `retake eval`: runs candidates in sandboxes, judges them by the checks, selects one and commits it where asked. */
export const evalVerb: Verb = (host) => {
	const command = new Command("eval")
		.summary("run candidate changes, check them, select the best")
		.description(
			"Runs each candidate in a sandbox on its own copy of the workspace, judges it by the checks, selects the smallest " +
				"that passes them all and, where asked, commits it. Options may also stand in retake.config.ts or .json.",
		)
		.option("--config <file>", "configuration (default: retake.config.ts or .json in this directory)")
		.option(
			"--base <worktree|ref>",
			"what candidates start from: the files as they are, or a commit (default: worktree)",
		)
		.option("--setup <command>", "run once; all candidates share its result")
		.option("--check <name=command>", "a command that must exit with 0; may be repeated", collect)
		.option("--candidate <path>", "a patch, or a directory of *.patch and *.diff; may be repeated", collect)
		.option("--candidate-cmd <name=command>", "a command (an agent) that makes the change; may be repeated", collect)
		.option("--test-patch <file>", "laid over each candidate's result before the checks")
		.option("--jobs <count>", "candidates at a time (default: one for each core)", positiveInteger)
		.option("--setup-allow <host:port>", "what the set-up may reach besides; may be repeated", collect)
		.option("--commit <target>", "none, worktree, branch:NAME or patch:FILE (default: none)")
		.option("--overwrite", "replace the patch file where it is there already");
	addWorkspaceFlags(addSandboxFlags(addSnapshotFlags(command))).addHelpText("after", examples);
	return command.action((flags: EvalFlags) =>
		host.run(flags, evalDocument, async (face) => {
			const { edges, json } = face;
			const { sandbox, options } = await gatherEvalRequest(flags, edges.workingDirectory);
			await using runtime = await openWorkspace(edges, { ...flags, ...sandbox }, { outputBytes: checkOutputBytes });
			let submodules: readonly string[] = [];
			using view = chooseView(edges, json);
			const evaluation = await evaluate(runtime, options, {
				onProgress: (progress) => {
					if (progress.kind === "frozen") submodules = progress.submodules;
					view.show(progress);
				},
				signal: edges.interrupted,
			});
			const risksOf = (runId: RunId): Risk[] => risksOfRun(runtime, runId);
			const exitCode = evaluation.selected === null ? exitCodes.negative : exitCodes.done;
			return {
				exitCode,
				document: evaluationToJson(evaluation, submodules, risksOf),
				lines: [...submoduleLines(submodules), ...summariseEvaluation(evaluation, flags, face, risksOf)],
			};
		}),
	);
};
