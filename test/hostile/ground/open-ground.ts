import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ended } from "./ended.ts";
import { endProcessesWith } from "./nonce-processes.ts";
import { plantTripwires, type Tripwires } from "./tripwires.ts";

/** Bounds of what runs outside every sandbox: the attacks there are small by themselves, and these are the net below. */
const bounds = { addressBytes: 512 * 1024 ** 2, fileBytes: 64 * 1024 ** 2, cpuSeconds: 10, wallMs: 5000 } as const;

/** Where a control runs: the same tripwires, no sandbox. */
export interface OpenGround extends AsyncDisposable {
	readonly tripwires: Tripwires;
	/** An empty directory of the control's own, where its attacks run. */
	readonly directory: string;
	/** Runs a perl program as a plain child process; what it left running goes on until disposal. */
	perl(program: string, ...words: readonly string[]): Promise<Ended>;
	/** Runs a shell script as a plain child process. */
	shell(script: string, ...words: readonly string[]): Promise<Ended>;
}

/** Opens the ground for a control. Disposal kills whatever carries the nonce and removes the directory. */
export async function openGround(): Promise<OpenGround> {
	const tripwires = await plantTripwires();
	const directory = mkdtempSync(join(tmpdir(), "control-"));
	const run = (argv: readonly string[]): Promise<Ended> => runBare(argv, directory, tripwires.nonce);
	return {
		tripwires,
		directory,
		perl: (program, ...words) => run(["perl", "-e", program, ...words]),
		shell: (script, ...words) => run(["sh", "-c", script, "sh", ...words]),
		[Symbol.asyncDispose]: async () => {
			await endProcessesWith(tripwires.nonce);
			rmSync(directory, { recursive: true });
			await tripwires[Symbol.asyncDispose]();
		},
	};
}

async function runBare(argv: readonly string[], cwd: string, nonce: string): Promise<Ended> {
	const startedAt = performance.now();
	const limits = [
		`--as=${bounds.addressBytes}`,
		`--fsize=${bounds.fileBytes}`,
		`--cpu=${bounds.cpuSeconds}`,
		"--core=0",
	];
	const child = spawn("prlimit", [...limits, "--", ...argv], {
		cwd,
		env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", NONCE: nonce },
		stdio: ["ignore", "pipe", "pipe"],
		timeout: bounds.wallMs,
		killSignal: "SIGKILL",
	});
	const output = { stdout: "", stderr: "" };
	child.stdout.setEncoding("latin1").on("data", (text: string) => {
		output.stdout += text;
	});
	child.stderr.setEncoding("latin1").on("data", (text: string) => {
		output.stderr += text;
	});
	const [exitCode, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
	// A daemon that it left may hold the pipes open: what was said by now is enough.
	await Promise.race([once(child, "close"), new Promise((resolve) => setTimeout(resolve, 200))]);
	return { exitCode, signal, ...output, wallMs: performance.now() - startedAt };
}
