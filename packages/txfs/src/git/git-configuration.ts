import { join } from "node:path";
import { readTextIfThere } from "./refs/read-ref.ts";

/** What a repository's own configuration says; that of the user and of the system is not read, and nothing it includes. */
export interface GitConfiguration {
	/** Returns the last value of `section.name`, both in lower case, or undefined where it has none. */
	get(name: string): string | undefined;
	/** Returns a setting that is a yes or a no; undefined where it is neither. */
	flag(name: string): boolean | undefined;
}

/** Reads the configuration in a repository's common directory. Source: git-config(1), "Syntax". */
export function readGitConfiguration(common: string): GitConfiguration {
	const shared = parse(readTextIfThere(join(common, "config")) ?? "");
	// With this extension the main working tree has settings of its own, `core.bare` for one.
	const own = isYes(shared.get("extensions.worktreeconfig")) === true;
	const values = own ? new Map([...shared, ...parse(readTextIfThere(join(common, "config.worktree")) ?? "")]) : shared;
	return {
		get: (name) => values.get(name),
		flag: (name) => isYes(values.get(name)),
	};
}

function parse(text: string): Map<string, string> {
	const values = new Map<string, string>();
	let section = "";
	for (const line of text.replaceAll(/\\\r?\n/g, "").split(/\r?\n/)) {
		const [, head, rest = ""] = /^\s*\[\s*([^\]"\s]+(?:\s+"(?:[^"\\]|\\.)*")?)\s*\](.*)$/.exec(line) ?? [];
		if (head !== undefined) section = head.toLowerCase();
		const [, name, value] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$/.exec(head === undefined ? line : rest) ?? [];
		if (name !== undefined)
			values.set(`${section}.${name.toLowerCase()}`, value === undefined ? "true" : unquote(value));
	}
	return values;
}

function unquote(value: string): string {
	let text = "";
	let spaces = "";
	let isQuoted = false;
	const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b" };
	for (let at = 0; at < value.length; at++) {
		const character = value.charAt(at);
		if (character === '"') {
			isQuoted = !isQuoted;
		} else if (character === "\\") {
			const escaped = value.charAt(++at);
			text += spaces + (escapes[escaped] ?? escaped);
			spaces = "";
		} else if (!isQuoted && (character === "#" || character === ";")) {
			break;
		} else if (!isQuoted && /\s/.test(character)) {
			if (text !== "") spaces += character;
		} else {
			text += spaces + character;
			spaces = "";
		}
	}
	return text;
}

function isYes(value: string | undefined): boolean | undefined {
	if (value === undefined) return undefined;
	if (["true", "yes", "on", "1"].includes(value.toLowerCase())) return true;
	return ["false", "no", "off", "0", ""].includes(value.toLowerCase()) ? false : undefined;
}
