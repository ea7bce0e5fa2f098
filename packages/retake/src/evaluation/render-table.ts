import { escapeText } from "../terminal/escape-text.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import { layOutTable, type TableColumn } from "../terminal/table.ts";
import type { Paint } from "../verb.ts";
import type { CandidateState, EvaluationState } from "./evaluation-state.ts";

/** What a table is drawn on. */
export interface Canvas {
	/** Width and height, in columns and rows. */
	readonly columns: number;
	readonly rows: number;
	readonly paint: Paint;
	/** Milliseconds, of the clock that the state was made with. */
	readonly now: number;
}

const tableColumns: readonly TableColumn[] = [
	{ title: "candidate", gives: true },
	{ title: "state", gives: true, least: 16 },
	{ title: "checks", align: "right" },
	{ title: "time", align: "right", least: 6 },
	{ title: "changed", align: "right", least: 8 },
];

/** Rows around the candidates: the title, the line for those that are not shown, what is done now, and the cursor's. */
const rowsAround = 4;

/** Draws an evaluation as it stands, no larger than the canvas. Verdicts are words; colour only repeats them. */
export function renderTable(state: EvaluationState, canvas: Canvas): string {
	const shown = mostTelling(state.candidates, Math.max(1, canvas.rows - rowsAround));
	const rows = shown.map((candidate) => cellsOf(candidate, state, canvas.now));
	const lines =
		rows.length === 0
			? []
			: layOutTable(tableColumns, rows, canvas.columns, (line, index) => paintLine(line, shown[index], canvas.paint));
	const hidden = state.candidates.length - shown.length;
	if (hidden > 0) lines.push(hiddenLine(state.candidates, hidden));
	if (state.activity !== null) lines.push(`${state.activity} …`);
	return lines.join("\n");
}

/** Where not all fit: those that run, then those that ended, the latest first, all in their own order. */
function mostTelling(candidates: readonly CandidateState[], count: number): readonly CandidateState[] {
	if (candidates.length <= count) return candidates;
	const weight = (each: CandidateState): number =>
		each.phase === "running" ? Infinity : each.phase === "ended" ? (each.endedAt ?? 0) : -1;
	const chosen = new Set([...candidates].sort((a, b) => weight(b) - weight(a) || 0).slice(0, count));
	return candidates.filter((each) => chosen.has(each));
}

function hiddenLine(candidates: readonly CandidateState[], hidden: number): string {
	const passed = candidates.filter((each) => each.verdict === "pass").length;
	const ended = candidates.filter((each) => each.phase === "ended").length;
	return `… and ${hidden} more; of ${candidates.length}, ${ended} have ended and ${passed} passed`;
}

function cellsOf(candidate: CandidateState, state: EvaluationState, now: number): readonly string[] {
	const { name, startedAt, endedAt, changedPaths, checksPassed } = candidate;
	const time = startedAt === null ? "" : formatDuration((endedAt ?? now) - startedAt);
	const changed = changedPaths === null ? "" : formatCount(changedPaths, "path");
	const checks = candidate.phase === "waiting" ? "" : `${checksPassed}/${state.checks}`;
	return [escapeText(name), stateWords(candidate, state.selected), checks, time, changed];
}

function stateWords({ phase, verdict, check, name }: CandidateState, selected: string | null): string {
	if (phase === "waiting") return "waiting";
	if (phase === "running") return check === null ? "applying" : `running ${escapeText(check)}`;
	return name === selected ? `${verdict}, selected` : String(verdict);
}

function paintLine(line: string, candidate: CandidateState | undefined, paint: Paint): string {
	if (candidate === undefined || candidate.phase === "waiting") return paint.dim(line);
	if (candidate.phase === "running") return line;
	return candidate.verdict === "pass" ? paint.green(line) : paint.red(line);
}
