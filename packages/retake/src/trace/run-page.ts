import type { CanonicalValue } from "@retake/changeset";
import type { StoredTrace, TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import type { RunPage, RunPagePart, RunPageRow } from "@retake/viewer";
import { nextCommand } from "../flags/next-command.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import { formatBytes, formatDuration } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import { branchLanes } from "./branch-lanes.ts";
import { type callStatuses, statusOf } from "./call-filter.ts";
import type { ChosenCalls } from "./chosen-calls.ts";
import { changedPathsOf } from "./describe-call.ts";
import { jsonValue } from "./json-value.ts";
import { pageCall, pageRun } from "./page-call.ts";
import { pageLimits } from "./page-limits.ts";
import { readableInput } from "./readable-input.ts";

/** A run, and those of its calls that are shown. */
export interface PagedRun {
	readonly run: RunRecord;
	readonly trace: StoredTrace;
	readonly calls: ChosenCalls;
	readonly store: Store;
	readonly flags: WorkspaceFlags;
}

/** Turns a run into all that its page shows. Its size is bounded by `pageLimits`. */
export function runPage({ run, trace, calls, store, flags }: PagedRun): RunPage {
	const counts: Record<(typeof callStatuses)[number], number> = { ok: 0, failed: 0, cancelled: 0, "in-flight": 0 };
	let end = 1;
	let counted = 0;
	for (const call of calls) {
		counts[statusOf(call)]++;
		if (counted++ < pageLimits.rows) end = Math.max(end, call.settledAtMs ?? call.issuedAtMs);
	}
	const lanes = [...branchLanes([...firstOf(calls.places, pageLimits.rows)])];
	let bytesLeft: number = pageLimits.detailBytes;
	let detailsLeftOut = 0;
	const rowOf = (call: TraceCall, index: number): RunPageRow => {
		const parts = bytesLeft <= 0 ? [] : partsOf(call, store);
		if (bytesLeft <= 0) detailsLeftOut++;
		for (const { lines } of parts) for (const line of lines) bytesLeft -= line.length;
		return {
			call: pageCall(call, store),
			status: statusOf(call),
			lanes: lanes[index] ?? "",
			begin: call.issuedAtMs / end,
			length: ((call.settledAtMs ?? end) - call.issuedAtMs) / end,
			startedAfter: formatDuration(call.issuedAtMs),
			parts,
		};
	};
	const rows = Array.from(firstOf(calls, pageLimits.rows), rowOf);
	const { treeId, commit, workspace } = trace.header.base;
	return {
		run: pageRun(run, trace.size, trace.rootHash),
		facts: [
			["kind", run.kind],
			["state", run.state],
			["base", commit === null ? `tree ${treeId}` : `commit ${commit}`],
			["workspace", workspace],
			...Object.entries(trace.header.sandbox),
			...(trace.complete ? [] : [["record", "was cut off"] as const]),
		],
		counts,
		rows,
		rowsLeftOut: calls.length - rows.length,
		detailsLeftOut,
		command: nextCommand(flags, "show", run.runId, "--html", "FILE"),
	};
}

function* firstOf<Item>(items: Iterable<Item>, count: number): Iterable<Item> {
	let left = count;
	for (const item of items) {
		if (left-- === 0) return;
		yield item;
	}
}

function partsOf(call: TraceCall, store: Store): RunPagePart[] {
	const { outcome, chunks } = call;
	const result =
		outcome.kind === "result"
			? fieldsOf("result", outcome.value)
			: outcome.kind === "error"
				? [part("error", `${outcome.error.code}: ${outcome.error.message}`)]
				: [];
	// What a command wrote is in its result; what else streams stands in its chunks alone.
	const told = new Set(result.map(({ name }) => name));
	const output = [...Map.groupBy(chunks, ({ stream }) => stream)].flatMap(([stream, pieces]) =>
		told.has(`result/${stream}`) ? [] : [part(`output/${stream}`, Buffer.concat(pieces.map(({ bytes }) => bytes)))],
	);
	const paths = changedPathsOf(call, store);
	return [
		...fieldsOf("input", readableInput(call.input)),
		...result,
		...output,
		...(paths.length === 0 ? [] : [part("changed paths", paths.join("\n"))]),
	].slice(0, pageLimits.detailsOfRow);
}

/** A part for each text of more than one line; what else there is stands together. */
function fieldsOf(name: string, value: CanonicalValue): RunPagePart[] {
	const isMap = typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
	if (!isMap) return value === null ? [] : [part(name, textOf(value))];
	const long: RunPagePart[] = [];
	const short: [string, CanonicalValue][] = [];
	for (const [key, field] of Object.entries<CanonicalValue>(value)) {
		const isText = typeof field === "string" || field instanceof Uint8Array;
		if (isText && (field instanceof Uint8Array || field.includes("\n") || field.length > 200)) {
			if (field.length > 0) long.push(part(`${name}/${key}`, field));
		} else short.push([key, field]);
	}
	return [...(short.length === 0 ? [] : [part(name, textOf(Object.fromEntries(short)))]), ...long];
}

function textOf(value: CanonicalValue): string | Uint8Array {
	if (typeof value === "string" || value instanceof Uint8Array) return value;
	return JSON.stringify(jsonValue(value), null, 2);
}

function part(name: string, value: string | Uint8Array): RunPagePart {
	if (value instanceof Uint8Array && value.subarray(0, 8_192).includes(0)) {
		return { name, lines: [`${formatBytes(value.byteLength)} that are no text`], leftOut: 0 };
	}
	const beginning = value.slice(0, pageLimits.textBytes);
	const text = typeof beginning === "string" ? beginning : textOfBytes(beginning);
	const all = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
	const lines = all.slice(0, pageLimits.linesOfDetail).map((line) => {
		const more = line.length - pageLimits.lineCharacters;
		return more <= 0 ? line : `${line.slice(0, pageLimits.lineCharacters)} … ${more} more characters`;
	});
	const cut = value.length > beginning.length ? [`… of ${formatBytes(value.length)}`] : [];
	return { name, lines: [...lines, ...cut], leftOut: all.length - lines.length };
}
