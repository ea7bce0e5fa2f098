import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));

/** How the command line ended. */
export interface RetakeExit {
	readonly exitCode: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** The real command line in a process of its own. */
export interface RetakeProcess {
	readonly child: ChildProcess;
	/** Resolves when the process has ended and all output was read. */
	readonly ended: Promise<RetakeExit>;
	/** Resolves as soon as standard output holds the text; rejects when the process ends without it. */
	shows(text: string): Promise<void>;
}

/** Starts `retake WORDS` in a directory, without a terminal, with variables added to this process's own. */
export function startRetake(
	directory: string,
	words: readonly string[],
	variables: Readonly<Record<string, string>> = {},
): RetakeProcess {
	const env = { ...process.env, ...variables };
	const child = spawn(process.execPath, [program, ...words], {
		cwd: directory,
		env,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const output = { stdout: "", stderr: "" };
	child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
	child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
	const ended = new Promise<RetakeExit>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (exitCode) => resolve({ exitCode, ...output }));
	});
	const shows = (text: string): Promise<void> =>
		new Promise((resolve, reject) => {
			const look = (): void => {
				if (output.stdout.includes(text)) resolve();
			};
			child.stdout.on("data", look);
			child.once("close", () => reject(new Error(`ended without showing "${text}": ${output.stdout}${output.stderr}`)));
			look();
		});
	return { child, ended, shows };
}

/** Runs `retake WORDS` to its end. */
export function retake(directory: string, ...words: readonly string[]): Promise<RetakeExit> {
	return startRetake(directory, words).ended;
}
