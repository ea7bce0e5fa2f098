import type { CanonicalValue, TreePath } from "@retake/changeset";
import { errorWord, type TraceCall } from "@retake/recorder";
import type { Store } from "@retake/store";
import { shellWords } from "../terminal/shell-words.ts";
import { exchangeTitle, isExchange, responseHead } from "./exchange-lines.ts";
import { jsonValue } from "./json-value.ts";
import { readableInput } from "./readable-input.ts";
import { valueField } from "./value-field.ts";

/** Fields of tools' inputs that say most about a call, in order; those of other tools' transcripts too. */
const tellingFields = ["argv", "command", "cmd", "name", "path", "file_path", "from", "to", "pattern", "query", "url"];

/** Characters of an input that are looked at to describe it on one line. */
const describedCharacters = 2_000;

/** Writes a call's input on one line, not escaped. */
export function inputLine(input: CanonicalValue): string {
	if (valueField(input, "method") !== undefined && valueField(input, "url") !== undefined) return exchangeTitle(input);
	const words = tellingFields.flatMap((name) => {
		const field = valueField(input, name);
		if (typeof field === "string") return [field];
		return Array.isArray(field) ? [commandLine(field.map(String))] : [];
	});
	if (words.length > 0) return words.join(" ").slice(0, describedCharacters);
	const said = valueField(input, "text") ?? valueField(input, "content") ?? valueField(input, "prompt");
	if (said !== undefined) return spokenLine(said);
	const patch = valueField(readableInput(input), "patch");
	if (typeof patch === "string") return patchedNames(patch).join(" ");
	const text = JSON.stringify(jsonValue(input));
	return text === "null" || text === "{}" ? "" : text.slice(0, describedCharacters);
}

/** Writes what somebody said on one line: texts as they are, an image as its sort. */
function spokenLine(said: CanonicalValue): string {
	const parts = Array.isArray(said) ? (said as readonly CanonicalValue[]) : [said];
	const words = parts.map((part) => {
		if (typeof part === "string") return part.slice(0, describedCharacters).replaceAll(/\s+/g, " ").trim();
		if (valueField(part, "image") !== undefined) return "(image)";
		return JSON.stringify(jsonValue(part)).slice(0, describedCharacters);
	});
	return words.join(" ");
}

/** Names the files that a patch is about, as its headers spell them. */
function patchedNames(patch: string): string[] {
	const names = [...patch.matchAll(/^(?:---|\+\+\+) (?:[ab]\/)?([^\t\n]+)/gm)].map((match) => match[1] ?? "");
	return [...new Set(names)].filter((name) => name !== "/dev/null");
}

/** Writes a command as it would be typed; a shell and its `-c` are left out before a script. */
export function commandLine(argv: readonly string[]): string {
	const [shell = "", flag, script, ...rest] = argv;
	const isShell = /^(?:\/usr)?(?:\/bin\/)?(?:ba)?sh$/.test(shell) && /^-l?c$/.test(flag ?? "");
	if (isShell && script !== undefined && rest.length === 0) return script;
	return shellWords(argv);
}

/** Says in a few words how a call ended, and whether well. */
export function outcomeWords(call: TraceCall): { readonly words: string; readonly well: boolean } {
	const { outcome } = call;
	const head = outcome.kind === "result" && isExchange(call) ? responseHead(call) : null;
	if (head !== null) return { words: String(head.status), well: head.status < 400 };
	return endWords(call);
}

function endWords({ outcome }: TraceCall): { readonly words: string; readonly well: boolean } {
	switch (outcome.kind) {
		case "error":
			return { words: errorWord(outcome.error), well: false };
		case "cancelled":
			return { words: "cancelled", well: false };
		case "in-flight":
			return { words: "cut off", well: false };
		case "result":
			return resultWords(outcome.value);
	}
}

function resultWords(value: CanonicalValue): { readonly words: string; readonly well: boolean } {
	if (valueField(value, "timedOut") === true) return { words: "timeout", well: false };
	if (valueField(value, "outOfMemory") === true) return { words: "out of memory", well: false };
	if (valueField(value, "cancelled") === true) return { words: "cancelled", well: false };
	const signal = valueField(value, "signal");
	if (typeof signal === "string") return { words: signal, well: false };
	const exitCode = valueField(value, "exitCode");
	return typeof exitCode === "number"
		? { words: `exit ${exitCode}`, well: exitCode === 0 }
		: { words: "ok", well: true };
}

/** Lists the paths that a call changed. */
export function changedPathsOf(call: TraceCall, store: Store): readonly TreePath[] {
	return call.changesetId === null ? [] : store.changesets.read(call.changesetId).changes.map((change) => change.path);
}
