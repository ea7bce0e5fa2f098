import { constants } from "node:os";
import { RetakeError } from "@retake/base";
import type { ExecRequest, ExecResult } from "../sandbox.ts";
import type { BubblewrapStatus } from "./bubblewrap-status.ts";

/** What is known when every process is dead. */
export interface Ending {
	/** Why we killed it; null where we did not. */
	readonly killed: "timeout" | "cancellation" | "memory" | null;
	/** How the outermost process ended. */
	readonly chainCode: number | null;
	readonly chainSignal: string | null;
	readonly status: BubblewrapStatus;
	/** What came on standard error: the command's, or the chain's own where the command never started. */
	readonly stderr: Uint8Array;
	readonly memoryKills: number;
	readonly request: ExecRequest;
}

type EndingResult = Pick<ExecResult, "exitCode" | "signal" | "timedOut" | "outOfMemory" | "cancelled"> &
	Partial<Pick<ExecResult, "stderr">>;

/**
 * Tells how a command ended. Only bwrap's own status decides whether the command was started at all, so that a command
 * cannot pass itself off as a failure of ours. Throws `SANDBOX_FAILED` where it was not started and is not to blame,
 * `LIMIT_EXCEEDED` where the layer space is too full for a mount.
 */
export function endingOf(ending: Ending): EndingResult {
	const { killed, status, memoryKills } = ending;
	const flags = {
		timedOut: killed === "timeout",
		cancelled: killed === "cancellation",
		outOfMemory: killed === "memory" || (killed === null && memoryKills > 0),
	};
	if (killed !== null) return { exitCode: null, signal: "SIGKILL", ...flags };
	if (status.exitCode !== undefined) return { ...codeOrSignal(status.exitCode), ...flags };
	if (flags.outOfMemory) return { exitCode: null, signal: "SIGKILL", ...flags };
	const stderr = Buffer.from(ending.stderr).toString("utf8");
	const refusal = status.init === undefined ? null : refusalOf(stderr, ending.request);
	if (refusal !== null) {
		return { exitCode: refusal.code, signal: null, stderr: Buffer.from(refusal.message), ...flags };
	}
	if (status.init === undefined && /^mount: .*No space left on device/s.test(stderr)) {
		throw new RetakeError("LIMIT_EXCEEDED", "the layer space is full: not even an empty layer can be mounted", {
			remedy: "roll back what filled it, or raise diskBytes and inodes",
		});
	}
	const end = ending.chainSignal ?? `exit code ${ending.chainCode}`;
	throw new RetakeError(
		"SANDBOX_FAILED",
		`the command could not be started (${end}): ${stderr.trim().slice(0, 2000)}`,
		{
			remedy: "run `retake doctor`",
		},
	);
}

/** The init reports signal n as 128 + n, as shells do; a command that exits with such a code is taken for killed. */
function codeOrSignal(code: number): Pick<ExecResult, "exitCode" | "signal"> {
	const found = Object.entries(constants.signals).find(([, number]) => number === code - 128);
	return found === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal: found[0] };
}

/** Reads why bwrap did not start the command, in so far as the command itself is the reason. */
function refusalOf(stderr: string, request: ExecRequest): { readonly code: number; readonly message: string } | null {
	const [program = ""] = request.argv;
	const execution = /^bwrap: execvp [^\n]*: ([^:\n]+)\n?$/s.exec(stderr);
	if (execution !== null) {
		const why = execution[1] ?? "";
		return { code: why === "No such file or directory" ? 127 : 126, message: `retake: ${program}: ${why}\n` };
	}
	const directory = /^bwrap: Can't chdir to [^\n]*: ([^:\n]+)\n?$/s.exec(stderr);
	return directory === null ? null : { code: 126, message: `retake: ${request.cwd}: ${directory[1]}\n` };
}
