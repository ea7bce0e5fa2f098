import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { say } from "./say.ts";

const command = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));

/** Runs the real command line before the reader's eyes and returns its exit code. */
export function retake(workspace: string, argv: readonly string[]): number {
	say(`$ retake ${argv.map(quote).join(" ")}\n`);
	return spawnSync(process.execPath, [command, ...argv], { cwd: workspace, stdio: "inherit" }).status ?? 130;
}

/** Runs the real command line with `--json` and returns its document. */
export function retakeJson(workspace: string, argv: readonly string[]): unknown {
	const { stdout } = spawnSync(process.execPath, [command, ...argv, "--json"], { cwd: workspace, encoding: "utf8" });
	return JSON.parse(stdout);
}

function quote(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
