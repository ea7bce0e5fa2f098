import { RetakeError } from "@retake/base";

/**
 * The program that waits in a room, as the only process beside the init: it reads one line and becomes the command that
 * the line names. The shell reads byte by byte up to the line's end, so what follows is the command's own input.
 */
export const launcher: readonly string[] = ["/bin/sh", "-c", `newline='\n'; IFS= read -r line && eval "$line"`];

/**
 * The same at a terminal, which takes a line of any length only while it edits none. It says `terminalGate.open` when it reads, and
 * `terminalGate.through` when the terminal is as it was: from then on what is typed is the command's.
 */
export const terminalLauncher: readonly string[] = [
	"/bin/sh",
	"-c",
	`newline='\n'; kept=$(stty -g) && stty raw -echo && printf O && IFS= read -r line && stty "$kept" && printf T && eval "$line"`,
];

/** What a launcher at a terminal says: one byte each. */
export const terminalGate = { open: "O", through: "T" } as const;

/** Writes the line on which the launcher becomes `argv` in `directory`. What no kernel
 * takes has been refused before. Throws `USAGE` for a program whose name would be taken for a variable. */
export function launchLine(
	argv: readonly string[],
	directory: string,
	environment: Readonly<Record<string, string>>,
): string {
	const [program] = argv;
	if (program?.includes("=")) {
		throw new RetakeError("USAGE", `a program's name cannot contain "=": ${program}`, {
			sort: "misuse",
			remedy: "run it through a shell: sh -c",
		});
	}
	const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
	const words = ["/usr/bin/env", "-i", "--", ...settings, ...argv].map(quote);
	return `cd ${quote(directory)} || exit 126; exec ${words.join(" ")}\n`;
}

function quote(word: string): string {
	return `'${word.replaceAll("'", `'\\''`)}'`.replaceAll("\n", `'"$newline"'`);
}
