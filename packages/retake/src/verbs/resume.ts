import { RetakeError } from "@retake/base";
import { continueRun } from "@retake/evaluator";
import { Command } from "commander";
import { httpKeyOption } from "../flags/http-flags.ts";
import { addSandboxFlags, type SandboxFlags } from "../flags/sandbox-flags.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { resumeDocument } from "../json/resume-document.ts";
import { openWorkspace } from "../open-workspace.ts";
import { continuedOutcome } from "../run/continued-outcome.ts";
import { httpOfRun } from "../run/http-of-run.ts";
import type { Verb } from "../verb.ts";

interface ResumeFlags extends WorkspaceFlags, SandboxFlags {
	readonly httpKey: readonly string[];
}

const examples = `
Examples:
  retake resume @last

Exit codes: 0 it went on to its end, 1 the command or the candidate failed, 2 usage,
3 infrastructure, 4 it diverged from the record, 130 interrupted.`;

/** Makes `retake resume`: goes on with a run that was cut off, as a run of its own. */
export const resumeVerb: Verb = (host) => {
	const command = new Command("resume")
		.summary("go on with a run that was cut off")
		.description(
			"Runs the program of a run that was cut off again, as a child run: calls that ended are served from the record, then it " +
				"goes live. A call that was under way is executed again. The run that was cut off stays as it is.",
		)
		.argument("<run>", "id, unique prefix or @last");
	command.addOption(httpKeyOption("where a key is found, for a command whose HTTP was recorded; may be repeated"));
	addWorkspaceFlags(addSandboxFlags(command)).addHelpText("after", examples);
	return command.action((name: string, flags: ResumeFlags) =>
		host.run(flags, resumeDocument, async ({ edges }) => {
			const http = await httpOfRun(name, flags, edges);
			await using runtime = await openWorkspace(edges, flags, {}, http?.secrets);
			const run = runtime.store.runs.resolve(name);
			if (run.state !== "open") throw notCutOff(run.runId);
			const how = { title: `resumed: ${run.title}`, signal: edges.interrupted };
			if (http === null) return continuedOutcome(await continueRun(runtime, run, how), flags);
			const { continueWithHttp } = await import("../run/continue-with-http.ts");
			const from = { at: null, onDivergence: "stop", servesCommand: true } as const;
			return continuedOutcome(await continueWithHttp(runtime, run, http, { ...from, ...how }), flags);
		}),
	);
};

function notCutOff(runId: string): RetakeError {
	return new RetakeError("RUN_STATE", `run ${runId} was not cut off: it has its end`, {
		sort: "misuse",
		data: { runId },
		remedy: `go live from one of its calls with \`retake replay ${runId} --fork-at CALL\``,
	});
}
