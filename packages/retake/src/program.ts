import { Command, CommanderError } from "commander";
import type { Edges } from "./edges/edges.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { createVerbHost, reportFailure, type Verb } from "./verb.ts";
import { changesVerb } from "./verbs/changes.ts";
import { commitVerb } from "./verbs/commit.ts";
import { diffVerb } from "./verbs/diff.ts";
import { doctorVerb } from "./verbs/doctor.ts";
import { evalVerb } from "./verbs/eval.ts";
import { exportVerb } from "./verbs/export.ts";
import { gcVerb } from "./verbs/gc.ts";
import { imageVerb } from "./verbs/image.ts";
import { importVerb } from "./verbs/import.ts";
import { mcpVerb } from "./verbs/mcp.ts";
import { reapplyVerb } from "./verbs/reapply.ts";
import { recordVerb } from "./verbs/record.ts";
import { recoverVerb } from "./verbs/recover.ts";
import { replayVerb } from "./verbs/replay.ts";
import { resumeVerb } from "./verbs/resume.ts";
import { rollbackVerb } from "./verbs/rollback.ts";
import { runVerb } from "./verbs/run.ts";
import { runsVerb } from "./verbs/runs.ts";
import { showVerb } from "./verbs/show.ts";
import { version } from "./version.ts";

const verbs: readonly Verb[] = [
	evalVerb,
	runVerb,
	replayVerb,
	resumeVerb,
	reapplyVerb,
	diffVerb,
	runsVerb,
	showVerb,
	changesVerb,
	commitVerb,
	rollbackVerb,
	exportVerb,
	importVerb,
	imageVerb,
	doctorVerb,
	gcVerb,
	recoverVerb,
	mcpVerb,
	recordVerb,
];

const afterHelp = `
A run is named by its id, a unique prefix of it, @last or @last-failed.
retake help COMMAND tells all about one command.

Exit codes: 0 done, 1 no candidate passed or runs differ, 2 usage,
3 infrastructure, 4 replay diverged, 5 conflict (nothing written),
130 interrupted.`;

/** Makes the whole program. `finish` is told the exit code of the verb that ran. */
export function createProgram(edges: Edges, finish: (exitCode: ExitCode) => void): Command {
	const program = new Command("retake")
		.description("Runs untrusted changes in a sandbox, keeps the good one, and can replay and compare every run.")
		.version(version)
		.addHelpText("after", afterHelp)
		.configureHelp({ helpWidth: edges.stdout.columns, showGlobalOptions: false })
		.configureOutput({ writeOut: (text) => void edges.stdout.stream.write(text), writeErr: () => undefined })
		.exitOverride();
	const host = createVerbHost(edges, finish);
	for (const verb of verbs) program.addCommand(verb(host).copyInheritedSettings(program));
	return program;
}

/** Runs the command line. `words` are its arguments, without Node and the program. Returns the exit code; never throws. */
export async function runCommandLine(words: readonly string[], edges: Edges): Promise<ExitCode> {
	let exitCode: ExitCode = exitCodes.done;
	const program = createProgram(edges, (code) => {
		exitCode = code;
	});
	try {
		if (words.length === 0) program.outputHelp();
		else await program.parseAsync(words, { from: "user" });
	} catch (thrown) {
		if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.done;
		return reportFailure(edges, wantsJson(words), thrown);
	}
	return exitCode;
}

function wantsJson(words: readonly string[]): boolean {
	const end = words.indexOf("--");
	return words.slice(0, end === -1 ? undefined : end).includes("--json");
}
