import { addressKey, type Trace, type TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { type ImportedHeader, readImportedHeader } from "@retake/transcripts";
import { nextCommand } from "../flags/next-command.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import { lossLines } from "../import/tally-lines.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatAge, formatCount, formatDuration } from "../terminal/format.ts";
import { layOutTable, type TableColumn } from "../terminal/table.ts";
import type { Face } from "../verb.ts";
import { branchLanes } from "./branch-lanes.ts";
import { changedPathsOf, inputLine, outcomeWords } from "./describe-call.ts";

/** A run with all that its timeline tells. */
export interface ShownRun {
	readonly run: RunRecord;
	readonly trace: Trace;
	/** Those of its calls that are shown. */
	readonly calls: readonly TraceCall[];
	readonly isFiltered: boolean;
	/** Candidates of an evaluation, forks of a run. */
	readonly children: readonly RunRecord[];
	readonly store: Store;
	readonly flags: WorkspaceFlags;
}

const callColumns: readonly TableColumn[] = [
	{ title: "call" },
	{ title: "tool" },
	{ title: "input", gives: true },
	{ title: "outcome" },
	{ title: "time", align: "right" },
	{ title: "files", align: "right" },
];

/** Writes a run: what it was, its calls in the order in which they were issued, and the runs under it. */
export function timelineLines(
	{ run, trace, calls, isFiltered, children, store, flags }: ShownRun,
	{ edges, columns, paint }: Face,
): string[] {
	const imported = readImportedHeader(run);
	const facts: readonly (readonly [string, string])[] = [
		["run", `${run.runId} (${run.kind})`],
		["title", escapeText(run.title)],
		["verdict", escapeText(run.verdict ?? "cut off")],
		["state", run.state],
		["started", startedWords(run, edges.clock.now())],
		imported === null ? ["base", baseWords(trace)] : importedFact(imported),
		["root", `${trace.rootHash}${trace.complete ? "" : " (the run was cut off)"}`],
	];
	return [
		...facts.map(([name, value]) => `${name.padEnd(8)} ${value}`),
		...(imported === null
			? []
			: lossLines(imported.tally).map((line) => paint.dim(cutText(`         ${line}`, columns)))),
		"",
		...(calls.length === 0 ? [isFiltered ? "no such calls" : "no calls"] : callTable(calls, store, columns, paint.red)),
		...(isFiltered ? [`${calls.length} of ${formatCount(trace.calls.length, "call")}`] : []),
		...(children.length === 0 ? [] : ["", ...childTable(children, columns, paint.red)]),
		...(calls.length === 0 ? [] : ["", `  ${nextCommand(flags, "show", run.runId, "CALL")}`]),
	];
}

/** A transcript without a single moment does not say when it began. */
function startedWords({ startedAt }: RunRecord, now: number): string {
	return startedAt === 0 ? "not told" : `${new Date(startedAt).toISOString()} (${formatAge(startedAt, now)})`;
}

function importedFact({ format, origin }: ImportedHeader): readonly [string, string] {
	const words = [origin.agent, origin.version ?? "", origin.session === null ? "" : `session ${origin.session}`];
	return ["from", escapeText(`${words.filter((word) => word !== "").join(" ")} (${format})`)];
}

function baseWords({ header }: Trace): string {
	const { commit, treeId } = header.base;
	return commit === null
		? `tree ${treeId.slice(0, 12)}`
		: `tree ${treeId.slice(0, 12)}, commit ${escapeText(commit.slice(0, 12))}`;
}

function callTable(
	calls: readonly TraceCall[],
	store: Store,
	columns: number,
	red: (text: string) => string,
): string[] {
	const lanes = branchLanes(calls);
	const branches = lanes.some((lane) => lane !== "");
	const rows = calls.map((call, index) => [
		...(branches ? [lanes[index] ?? ""] : []),
		addressKey(call.address),
		escapeText(call.identity.tool),
		escapeText(inputLine(call.input)),
		escapeText(outcomeWords(call).words),
		call.settledAtMs === null ? "" : formatDuration(call.settledAtMs - call.issuedAtMs),
		String(changedPathsOf(call, store).length || ""),
	]);
	const shown = branches ? [{ title: "" }, ...callColumns] : callColumns;
	return layOutTable(shown, rows, columns, (line, index) => {
		const call = calls[index];
		return call === undefined || outcomeWords(call).well ? line : red(line);
	});
}

function childTable(children: readonly RunRecord[], columns: number, red: (text: string) => string): string[] {
	const rows = children.map(({ title, verdict, state, runId }) => [
		escapeText(title),
		escapeText(verdict ?? "cut off"),
		state,
		runId,
	]);
	const childColumns = [
		{ title: "candidate", gives: true },
		{ title: "verdict" },
		{ title: "state" },
		{ title: "run" },
	];
	return layOutTable(childColumns, rows, columns, (line, index) =>
		children[index]?.failed === true ? red(line) : line,
	);
}
