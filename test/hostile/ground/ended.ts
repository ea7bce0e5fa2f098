/** How an attack ended, in a sandbox or outside. */
export interface Ended {
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: string;
	readonly stderr: string;
	readonly wallMs: number;
}

/** Reads lines of the form `name value` that an attack prints as proof of what it did. */
export function proofs(stdout: string): Readonly<Record<string, string>> {
	const lines = stdout.split("\n").filter((line) => line.includes(" "));
	return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
}
