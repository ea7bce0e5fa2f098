import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { runProgram } from "./run-program.ts";

/** Sandboxes of others that npm has, by the package, the program and the words before a command. */
const sandboxes = [
	{ name: "@anthropic-ai/sandbox-runtime", program: "srt", words: [] },
	{ name: "@openai/codex", program: "codex", words: ["sandbox"] },
] as const;

/**
 * Returns those that work here, each starting one sandbox around `true` in a directory of its own; what does not is said in
 * `notes`. Theirs are single programs that are started for each command: that is how they are used.
 */
export async function npmSandboxes(
	peers: string | null,
	scratch: string,
	notes: string[],
): Promise<readonly Contestant[]> {
	if (peers === null) return [];
	const contestants: Contestant[] = [];
	for (const { name, program, words } of sandboxes) {
		const home = join(peers, "node_modules", name, "package.json");
		if (!existsSync(home)) {
			notes.push(`${name} takes no part: it is not in the directory of peers.`);
			continue;
		}
		const { version } = JSON.parse(readFileSync(home, "utf8")) as { readonly version: string };
		const directory = join(scratch, program);
		mkdirSync(directory);
		const line = [join(peers, "node_modules/.bin", program), ...words, "true"];
		// Its settings and logs are its own, not of whoever runs the bench. One of them wants no home below /tmp.
		const settings = join(peers, ".home");
		mkdirSync(settings, { recursive: true });
		const env = { PATH: process.env["PATH"], HOME: settings, CODEX_HOME: settings };
		const sample = () => measure(() => runProgram(line, { cwd: directory, env }));
		try {
			await sample();
			contestants.push({ name: `${name} ${version}: ${program} ${[...words, "true"].join(" ")}`, sample });
		} catch (cause) {
			notes.push(`${name} ${version} takes no part here: ${String(cause).split("\n").at(-1)}`);
		}
	}
	return contestants;
}
