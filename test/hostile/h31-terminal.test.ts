import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const command = join(import.meta.dirname, "../../node_modules/.bin/retake");

/** Clears the screen, writes to the clipboard, turns the text round: in output and in a file's name. */
const attack = String.raw`printf '\033[2J\033]52;c;b3duZWQ=\007\342\200\256desrever\n'; : > "$(printf 'name\033[2J\342\200\256\nsecond-line')"`;
const obeyed = /[\u001b\u0007\u009b\u202e]/;

function retake(workspace: string, ...words: readonly string[]): string {
	const ended = spawnSync(command, [...words, "--workspace", workspace], { encoding: "utf8", timeout: 20_000 });
	return ended.stdout + ended.stderr;
}

hostileRow({
	id: "H31",
	attack: "ANSI, OSC 52, bidi and newlines in names and output",
	sealed: async (arena) => {
		const { stdout } = await arena.shell(attack);
		expect(stdout).toMatch(obeyed);
		const name = arena.session.changes().changes[0]?.path;
		expect(name).toMatch(obeyed);
		await arena.session.keep({ verdict: "attacked", failed: false });
		arena.ended();
		const { runId } = arena.session;
		for (const words of [["show", runId], ["show", runId, "/#0"], ["changes", runId], ["runs"]]) {
			const printed = retake(arena.workspace, ...words);
			expect(printed, words.join(" ")).not.toMatch(obeyed);
			if (words.includes("/#0")) expect(printed).toContain("\\x1b]52;c;b3duZWQ=\\x07");
			if (words.includes("changes")) expect(printed).toContain("name\\x1b[2J\\u{202e}\\nsecond-line");
		}
		return "spelled out on every line";
	},
	control: async (ground) => {
		mkdirSync(join(ground.directory, "tree"));
		const { stdout } = await ground.shell(`cd tree; ${attack}; ls`);
		expect(stdout).toMatch(obeyed);
		return "ls and cat hand them to the terminal";
	},
});
