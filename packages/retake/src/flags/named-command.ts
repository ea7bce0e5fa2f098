import { RetakeError } from "@retake/base";

/** A command with the name by which it is reported. */
export interface NamedCommand {
	readonly name: string;
	readonly command: string;
}

/** Reads `NAME=CMD`; everything after the first `=` is the command. Throws `USAGE`. */
export function namedCommand(text: string, option: string): NamedCommand {
	const equals = text.indexOf("=");
	const name = text.slice(0, Math.max(0, equals)).trim();
	const command = text.slice(equals + 1).trim();
	if (equals > 0 && name !== "" && command !== "") return { name, command };
	throw new RetakeError("USAGE", `${option} ${JSON.stringify(text)} is not NAME=CMD`, {
		sort: "misuse",
		remedy: `write it as ${option} 'tests=npm test'`,
	});
}
