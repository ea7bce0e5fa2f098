import type { VerifyDifference } from "./runtime.ts";

type Cause = VerifyDifference["cause"];

/** What a piece of output looks like when it depends on something that a fresh execution cannot repeat. */
const volatile: readonly { readonly cause: Cause; readonly pattern: RegExp }[] = [
	{
		cause: "time",
		pattern:
			/\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|\d\d:\d\d:\d\d|\d+([.,]\d+)?\s?(ns|µs|us|ms|s|sec|seconds|minutes)\b|\b1[6-9]\d{8}(\d{3}|\.\d+)?\b|\b(duration|elapsed|time)(_ms)?\W{1,2}\d+(\.\d+)?/g,
	},
	{ cause: "path", pattern: /(\/[\w.@+-]+){2,}/g },
	{ cause: "pid", pattern: /\b(pid|process|PID)\W{0,3}\d+|\(\d+\)|\[\d+\]/g },
	{ cause: "randomness", pattern: /0\.\d{6,}|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8,}\b/gi },
];

/** Guesses why two outputs of one command differ: the first sort of volatile text that, taken out, makes them equal. */
export function differenceCause(recorded: string, actual: string): Cause {
	for (const { cause, pattern } of volatile) {
		if (recorded.replace(pattern, "") === actual.replace(pattern, "")) return cause;
	}
	return sortedLines(recorded) === sortedLines(actual) ? "order" : "other";
}

function sortedLines(text: string): string {
	return text.split("\n").sort().join("\n");
}
