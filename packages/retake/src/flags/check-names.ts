import { RetakeError } from "@retake/base";
import { escapeText } from "../terminal/escape-text.ts";

const nameLengthMax = 100;

/** Checks names that people and reports use: visible, short and each given once. Throws `USAGE`; `what` names them. */
export function checkNames(names: readonly string[], what: string): void {
	const seen = new Set<string>();
	for (const name of names) {
		if (name === "" || name.length > nameLengthMax || escapeText(name) !== name) {
			throw new RetakeError("USAGE", `the ${what}'s name "${escapeText(name)}" cannot be used`, {
				sort: "misuse",
				remedy: `give it a name of 1 to ${nameLengthMax} visible characters`,
			});
		}
		if (seen.has(name)) {
			throw new RetakeError("USAGE", `two ${what}s are named "${name}"`, {
				sort: "misuse",
				remedy: "rename one of them: results are told apart by name",
			});
		}
		seen.add(name);
	}
}
