import { isRetakeError } from "@retake/base";
import type { AgentSession } from "@retake/runtime";
import type { Experimental_SandboxProcess as SandboxProcess } from "ai";

/** What a shell answers for a process that a signal has ended: 128 and the signal's number, of which only one is told here. */
const killedExitCode = 137;

/** How a command is started. */
export interface ProcessStart {
	readonly command: string;
	/** Relative to the workspace. */
	readonly workingDirectory: string;
	readonly env?: Record<string, string> | undefined;
	readonly abortSignal?: AbortSignal | undefined;
}

/** Starts a command of the shell in a session, as a process that is followed while it runs. */
export function runningProcess(session: AgentSession, start: ProcessStart): SandboxProcess {
	const killed = new AbortController();
	const { command, workingDirectory: cwd, env = {}, abortSignal } = start;
	const signal = abortSignal === undefined ? killed.signal : AbortSignal.any([abortSignal, killed.signal]);
	const stdout = outputStream();
	const stderr = outputStream();
	const onChunk = (stream: string, bytes: Uint8Array): void => {
		(stream === "stderr" ? stderr : stdout).write(bytes);
	};
	const ended = session.call("exec", { argv: ["/bin/sh", "-c", command], cwd, env }, { signal, onChunk }).then(
		({ exitCode }) => exitCode ?? killedExitCode,
		(error: unknown) => {
			if (!isRetakeError(error, "INTERRUPTED") || !signal.aborted) throw error;
			if (abortSignal?.aborted === true) throw abortSignal.reason;
			return killedExitCode;
		},
	);
	ended.then(
		() => {
			stdout.end();
			stderr.end();
		},
		(error: unknown) => {
			stdout.fail(error);
			stderr.fail(error);
		},
	);
	return {
		stdout: stdout.stream,
		stderr: stderr.stream,
		wait: async () => ({ exitCode: await ended }),
		kill: async () => {
			killed.abort();
			await Promise.allSettled([ended]);
		},
	};
}

/** A stream of output, which nobody need read to its end. */
function outputStream() {
	let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
	const stream = new ReadableStream<Uint8Array>({
		start: (made) => {
			controller = made;
		},
		cancel: () => {
			controller = undefined;
		},
	});
	return {
		stream,
		write: (bytes: Uint8Array) => controller?.enqueue(new Uint8Array(bytes)),
		end: () => controller?.close(),
		fail: (error: unknown) => controller?.error(error),
	};
}
