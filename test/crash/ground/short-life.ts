import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProgramName, Programs } from "./build-programs.ts";

/** A process to be killed at a random moment. */
export interface Life {
	readonly programs: Programs;
	readonly program: ProgramName;
	readonly args: readonly string[];
	/** How long it may live once it is ready, milliseconds. */
	readonly lifeMs: number;
}

/** Starts a process, kills it when its time is up, and returns the lines that it printed after the first. Throws where it died before. */
export async function liveAndDie({ programs, program, args, lifeMs }: Life): Promise<readonly string[]> {
	const child = spawn(process.execPath, [programs.path(program), ...args], {
		stdio: ["ignore", "pipe", "inherit"],
		env: programs.environment,
	});
	const end = once(child, "close");
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	await Promise.race([once(child.stdout, "data"), end]);
	await Promise.race([sleep(lifeMs), end]);
	child.kill("SIGKILL");
	const [code, signal] = (await end) as [number | null, NodeJS.Signals | null];
	if (signal !== "SIGKILL") throw new Error(`${program} ended by itself with ${code}: ${output.slice(-500)}`);
	// The last line may be cut off: then it was never said.
	return output.split("\n").slice(1, -1);
}
