/** Prints one line. */
export function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

/** Prints a heading. */
export function title(text: string): void {
	const bold = process.stdout.isTTY && !process.env["NO_COLOR"];
	say(bold ? `\n\u001b[1m${text}\u001b[22m` : `\n== ${text}`);
}
