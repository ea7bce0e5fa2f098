import { addressKey, type StoredTrace } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { type ImportedHeader, readImportedHeader } from "@retake/transcripts";
import { nextCommand } from "../flags/next-command.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import { lossLines } from "../import/tally-lines.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatAge, formatCount, formatDuration } from "../terminal/format.ts";
import { layOutTable, type TableColumn, type TableRow, tableLines } from "../terminal/table.ts";
import type { Face } from "../verb.ts";
import { branchLanes } from "./branch-lanes.ts";
import type { ChosenCalls } from "./chosen-calls.ts";
import { changedPathsOf, inputLine, outcomeWords } from "./describe-call.ts";

/** A run with all that its timeline tells. */
export interface ShownRun {
	readonly run: RunRecord;
	readonly trace: StoredTrace;
	/** Those of its calls that are shown. */
	readonly calls: ChosenCalls;
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

/** Writes a run: what it was, its calls in the order in which they were issued, and the runs under it. A call is read when its line is asked for. */
export function* timelineLines(
	{ run, trace, calls, isFiltered, children, store, flags }: ShownRun,
	{ edges, columns, paint }: Face,
): Iterable<string> {
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
	for (const [name, value] of facts) yield `${name.padEnd(8)} ${value}`;
	if (imported !== null) {
		for (const line of lossLines(imported.tally)) yield paint.dim(cutText(`         ${line}`, columns));
	}
	yield "";
	if (calls.length === 0) yield isFiltered ? "no such calls" : "no calls";
	else yield* callTable(calls, store, columns, paint.red);
	if (isFiltered) yield `${calls.length} of ${formatCount(trace.size, "call")}`;
	if (children.length > 0) yield* ["", ...childTable(children, columns, paint.red)];
	if (calls.length > 0) yield* ["", `  ${nextCommand(flags, "show", run.runId, "CALL")}`];
}

/** A transcript without a single moment does not say when it began. */
function startedWords({ startedAt }: RunRecord, now: number): string {
	return startedAt === 0 ? "not told" : `${new Date(startedAt).toISOString()} (${formatAge(startedAt, now)})`;
}

function importedFact({ format, origin }: ImportedHeader): readonly [string, string] {
	const words = [origin.agent, origin.version ?? "", origin.session === null ? "" : `session ${origin.session}`];
	return ["from", escapeText(`${words.filter((word) => word !== "").join(" ")} (${format})`)];
}

function baseWords({ header }: StoredTrace): string {
	const { commit, treeId } = header.base;
	return commit === null
		? `tree ${treeId.slice(0, 12)}`
		: `tree ${treeId.slice(0, 12)}, commit ${escapeText(commit.slice(0, 12))}`;
}

function callTable(calls: ChosenCalls, store: Store, columns: number, red: (text: string) => string): Iterable<string> {
	const branches = hasBranches(calls);
	const rows: Iterable<TableRow> = {
		*[Symbol.iterator]() {
			const lanes = branches ? branchLanes(calls.places)[Symbol.iterator]() : null;
			for (const call of calls) {
				const { words, well } = outcomeWords(call);
				const cells = [
					...(lanes === null ? [] : [lanes.next().value ?? ""]),
					addressKey(call.address),
					escapeText(call.identity.tool),
					escapeText(inputLine(call.input)),
					escapeText(words),
					call.settledAtMs === null ? "" : formatDuration(call.settledAtMs - call.issuedAtMs),
					String(changedPathsOf(call, store).length || ""),
				];
				yield well ? { cells } : { cells, paint: red };
			}
		},
	};
	return tableLines(branches ? [{ title: "" }, ...callColumns] : callColumns, rows, columns);
}

function hasBranches(calls: ChosenCalls): boolean {
	for (const { address } of calls.places) if (address.scope !== "/") return true;
	return false;
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
