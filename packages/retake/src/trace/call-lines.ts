import type { CanonicalValue, Change } from "@retake/changeset";
import { addressKey, errorWord, type TraceCall } from "@retake/recorder";
import type { NetworkReport } from "@retake/sandbox";
import type { Store } from "@retake/store";
import { escapeOutput, escapeText } from "../terminal/escape-text.ts";
import { formatCount, formatDuration } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import type { Paint } from "../verb.ts";
import { changeLine } from "./change-line.ts";
import { outcomeWords } from "./describe-call.ts";
import { isExchange, requestLines, responseLines } from "./exchange-lines.ts";
import { jsonValue } from "./json-value.ts";
import { networkLines } from "./network-lines.ts";
import { readableInput } from "./readable-input.ts";

/** Writes one call in full: what it took, what it gave and what it changed. */
export function callLines(call: TraceCall, store: Store, { paint }: { readonly paint: Paint }): string[] {
	const { words, well } = outcomeWords(call);
	const time = call.settledAtMs === null ? "" : ` in ${formatDuration(call.settledAtMs - call.issuedAtMs)}`;
	const changes: readonly Change[] = call.changesetId === null ? [] : store.changesets.read(call.changesetId).changes;
	return [
		`call ${addressKey(call.address)}  ${escapeText(call.identity.tool)}: ${(well ? paint.green : paint.red)(escapeText(words))}${time}`,
		...(isExchange(call)
			? [
					...section("request", requestLines(call), paint),
					...section("response", [...responseLines(call), ...exchangeEnd(call)], paint),
				]
			: [
					...section("input", fieldLines(readableInput(call.input)), paint),
					...section("outcome", outcomeLines(call), paint),
				]),
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
			return fieldLines(outcome.value);
		case "error":
			return [`${escapeText(errorWord(outcome.error))}: ${escapeText(outcome.error.message)}`];
		case "cancelled":
			return ["cancelled by the caller"];
		case "in-flight":
			return ["the run was cut off before the call ended"];
	}
}

/** Writes a value field by field; texts of several lines stand below their field's name. */
function fieldLines(value: CanonicalValue): string[] {
	if (typeof value !== "object" || value === null || value instanceof Uint8Array || Array.isArray(value)) {
		return [escapeText(scalarText(value))];
	}
	return Object.entries(value).flatMap(([name, field]: [string, CanonicalValue]) => {
		// Without a network there is nothing to tell.
		if (name === "network" && field === null) return [];
		if (isNetworkReport(name, field)) return networkLines(field);
		const text = scalarText(field);
		if (!text.includes("\n")) return [`${escapeText(name)}: ${escapeText(text)}`];
		const lines = escapeOutput(text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
		return [`${escapeText(name)}:`, ...lines.map((line) => `  ${line}`)];
	});
}

function scalarText(value: CanonicalValue): string {
	if (typeof value === "string") return value;
	return value instanceof Uint8Array ? textOfBytes(value) : JSON.stringify(jsonValue(value));
}

function isNetworkReport(name: string, field: CanonicalValue): field is CanonicalValue & NetworkReport {
	return name === "network" && typeof field === "object" && field !== null && "connections" in field;
}
