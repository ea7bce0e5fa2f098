import type { CanonicalValue, Change } from "@retake/changeset";
import { addressKey, errorWord, type TraceCall } from "@retake/recorder";
import type { NetworkReport } from "@retake/sandbox";
import type { Store } from "@retake/store";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import type { Paint } from "../verb.ts";
import { changeLine } from "./change-line.ts";
import { chunkLines } from "./chunk-lines.ts";
import { outcomeWords } from "./describe-call.ts";
import { isExchange, requestLines, responseLines } from "./exchange-lines.ts";
import { jsonValue } from "./json-value.ts";
import { networkLines } from "./network-lines.ts";
import { readableInput } from "./readable-input.ts";
import { previewLines } from "./value-preview.ts";

/** Writes one call in full: what it took, what it gave and what it changed. */
export function callLines(
	call: TraceCall,
	store: Store,
	{ paint, columns }: { readonly paint: Paint; readonly columns: number },
): string[] {
	const { words, well } = outcomeWords(call);
	const time = call.settledAtMs === null ? "" : ` in ${formatDuration(call.settledAtMs - call.issuedAtMs)}`;
	const chunks = chunkLines(call, columns - 2);
	const changes: readonly Change[] = call.changesetId === null ? [] : store.changesets.read(call.changesetId).changes;
	return [
		`call ${addressKey(call.address)}  ${escapeText(call.identity.tool)}: ${(well ? paint.green : paint.red)(escapeText(words))}${time}`,
		...(isExchange(call)
			? [
					...section("request", requestLines(call), paint),
					...section("response", [...responseLines(call), ...exchangeEnd(call)], paint),
				]
			: [
					...section("input", fieldLines(readableInput(call.input), "/input"), paint),
					...section("outcome", outcomeLines(call), paint),
				]),
		...(chunks.length === 0 ? [] : section(`${call.chunks.length} pieces, as they came`, chunks, paint)),
		...section(`${formatCount(changes.length, "path")} changed`, changes.map(changeLine), paint),
	];
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
	return ["", paint.bold(title), ...lines.map((line) => `  ${line}`)];
}

/** How an exchange ended, where that is not by the end of the response. */
function exchangeEnd(call: TraceCall): string[] {
	return call.outcome.kind === "result" ? [] : outcomeLines(call);
}

function outcomeLines({ outcome }: TraceCall): string[] {
	switch (outcome.kind) {
		case "result":
			return fieldLines(outcome.value, "/result");
		case "error":
			return [`${escapeText(errorWord(outcome.error))}: ${escapeText(outcome.error.message)}`];
		case "cancelled":
			return ["cancelled by the caller"];
		case "in-flight":
			return ["the run was cut off before the call ended"];
	}
}

/** Writes a value field by field; texts of several lines stand below their field's name. */
function fieldLines(value: CanonicalValue, name: string): string[] {
	if (typeof value !== "object" || value === null || value instanceof Uint8Array || Array.isArray(value)) {
		return previewLines(previewed(value), name);
	}
	return Object.entries(value).flatMap(([field, child]: [string, CanonicalValue]) => {
		// Without a network there is nothing to tell.
		if (field === "network" && child === null) return [];
		if (isNetworkReport(field, child)) return networkLines(child);
		const lines = previewLines(previewed(child), field);
		if (lines.length === 1) return [`${escapeText(field)}: ${lines[0]}`];
		return [`${escapeText(field)}:`, ...lines.map((line) => `  ${line}`)];
	});
}

function previewed(value: CanonicalValue): string | Uint8Array {
	return typeof value === "string" || value instanceof Uint8Array ? value : JSON.stringify(jsonValue(value));
}

function isNetworkReport(name: string, field: CanonicalValue): field is CanonicalValue & NetworkReport {
	return name === "network" && typeof field === "object" && field !== null && "connections" in field;
}
