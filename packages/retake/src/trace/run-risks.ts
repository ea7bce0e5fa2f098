import type { RunId } from "@retake/base";
import { findRisks, type Risk } from "@retake/changeset";
import type { Runtime } from "@retake/runtime";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";

/** How many are listed where they stand beside something else. */
const linesMax = 12;

/** Finds what a reader of a run's changes should look at first. */
export function risksOfRun(runtime: Pick<Runtime, "changesOf" | "store">, runId: RunId): Risk[] {
	return [...findRisks(runtime.changesOf(runtime.store.runs.get(runId)), runtime.store.blobs)];
}

/** Writes risks for people: nothing where there are none. */
export function riskLines(risks: readonly Risk[]): string[] {
	if (risks.length === 0) return [];
	const more = risks.length - linesMax;
	return [
		`${formatCount(risks.length, "path")} to look at before it is kept:`,
		...risks
			.slice(0, linesMax)
			.map(({ path, kind, reason }) => `! ${escapeText(path)}  ${kind}: ${escapeText(reason)}`),
		...(more > 0 ? [`  … and ${formatCount(more, "more path")}`] : []),
	];
}
