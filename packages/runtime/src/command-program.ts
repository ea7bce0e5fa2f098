import type { CanonicalValue } from "@retake/changeset";
import type { AgentSession, CallOptions, RunVerdict } from "./session.ts";
import type { ExecOutput } from "./tools/exec.ts";

/** What the run of a single command does, kept in the run's header so that a replay can do it again. */
export interface CommandProgram {
	readonly kind: "command";
	readonly argv: readonly string[];
	/** Where it starts, relative to the workspace; absent for the workspace itself. */
	readonly cwd?: string;
	/** Added to the command's environment. */
	readonly env?: Readonly<Record<string, string>>;
	/** How its HTTP was recorded; absent where it was not. */
	readonly http?: RecordedHttp;
}

/** What a command whose HTTP was recorded could reach. */
export interface RecordedHttp {
	/** Servers under paths of the proxy. */
	readonly upstreams: readonly { readonly name: string; readonly base: string }[];
	/** Others, `HOST` or `HOST:PORT`, that it reached by their own names. */
	readonly hosts: readonly string[];
}

/** Runs one command in a session. The same procedure runs live and in playback. */
export function runCommand(
	session: AgentSession,
	{ argv, cwd, env }: CommandProgram,
	options?: CallOptions,
): Promise<ExecOutput> {
	const place = cwd === undefined ? {} : { cwd };
	const environment = env === undefined ? {} : { env: { ...env } };
	return session.call("exec", { argv: [...argv], ...place, ...environment }, options);
}

/** Returns what a command's run is remembered as. */
export function commandVerdict({ exitCode, signal, timedOut, outOfMemory }: ExecOutput): RunVerdict {
	const failed = exitCode !== 0;
	if (timedOut) return { verdict: "timeout", failed };
	if (outOfMemory) return { verdict: "out of memory", failed };
	return { verdict: exitCode === null ? `signal ${signal}` : `exit ${exitCode}`, failed };
}

/** Returns a program as a run's header keeps it. */
export function encodeCommandProgram(program: CommandProgram): CanonicalValue {
	return { ...program } as unknown as CanonicalValue;
}

/** Returns the program that the header of a run of kind `command` keeps. */
export function decodeCommandProgram(value: CanonicalValue): CommandProgram {
	return value as unknown as CommandProgram;
}
