import type { RunRecord } from "@retake/store";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { positiveInteger } from "../flags/positive-number.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { runsDocument } from "../json/runs-document.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatAge } from "../terminal/format.ts";
import { layOutTable } from "../terminal/table.ts";
import { summariseRun } from "../trace/run-summary.ts";
import type { Face, Verb } from "../verb.ts";

interface RunsFlags extends WorkspaceFlags {
	readonly limit?: number;
}

const limitDefault = 30;

/** Makes `retake runs`: lists what is recorded, the newest first. */
export const runsVerb: Verb = (host) => {
	const command = new Command("runs")
		.summary("list the recorded runs, newest first")
		.description("Lists the recorded runs, newest first; the candidates of an evaluation are runs of their own.")
		.option("--limit <count>", `how many at most (default: ${limitDefault})`, positiveInteger);
	addWorkspaceFlags(command);
	return command.action((flags: RunsFlags) =>
		host.run(flags, runsDocument, async (face) => {
			await using runtime = await openRecords(face.edges, flags);
			const runs = runtime.store.runs.list({ limit: flags.limit ?? limitDefault });
			return { exitCode: exitCodes.done, document: { runs: runs.map(summariseRun) }, lines: listingLines(runs, face) };
		}),
	);
};

/** Writes runs as a table. */
export function listingLines(runs: readonly RunRecord[], { edges, columns, paint }: Face): string[] {
	if (runs.length === 0) return ["no runs yet; retake eval --help and retake run --help say how to make one"];
	const now = edges.clock.now();
	const rows = runs.map((run) => [
		run.runId,
		run.startedAt === 0 ? "not told" : formatAge(run.startedAt, now),
		cutText(verdictWords(run), verdictWidth),
		`${run.kind} ${escapeText(run.title)}`,
	]);
	const tableColumns = [{ title: "run" }, { title: "started" }, { title: "verdict" }, { title: "what", gives: true }];
	return layOutTable(tableColumns, rows, columns, (line, index) =>
		runs[index]?.failed === true ? paint.red(line) : line,
	);
}

const verdictWidth = 26;

/** That a failed run was rolled back goes without saying. */
function verdictWords({ verdict, state, failed }: RunRecord): string {
	const words = escapeText(verdict ?? "cut off");
	return state === "open" || (failed === true && state === "rolled-back") ? words : `${words}, ${state}`;
}
