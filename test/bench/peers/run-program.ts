import { spawn } from "node:child_process";
import { once } from "node:events";

/** How a program is run beside the clock. */
export interface ProgramOptions {
	readonly cwd?: string;
	readonly env?: NodeJS.ProcessEnv;
	/** Nobody keeps what it prints; where absent, it is returned. */
	readonly output?: "dropped";
}

/** Runs a program to its end without waiting in the event loop's way. Throws, with what it said, where it fails. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
	const [program = "", ...words] = argv;
	const { output: kept = "kept", ...where } = options;
	const child = spawn(program, words, { ...where, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	let complaints = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		if (kept === "kept") output += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		complaints += text;
	});
	const [code, signal] = await once(child, "close");
	if (code === 0) return output;
	throw new Error(`${argv.slice(0, 4).join(" ")} … ended with ${code ?? signal}: ${complaints.trim().slice(-2000)}`);
}
