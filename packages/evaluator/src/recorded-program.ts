import { decodeHeader } from "@retake/recorder";
import { type AgentSession, commandVerdict, decodeCommandProgram, type RunVerdict, runCommand } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { decodeCandidateProgram, runCandidate } from "./candidate-program.ts";

/** Runs a program again on a session, live or played back, and returns what it came to. */
export type RunAgain = (session: AgentSession) => Promise<RunVerdict>;

/** Returns the program of a command's or a candidate's run, which is on record; null for a run of another kind. */
export function recordedProgram(run: RunRecord, signal?: AbortSignal): RunAgain | null {
	const { program } = decodeHeader(run.header);
	const watch = signal === undefined ? {} : { signal };
	switch (run.kind) {
		case "command": {
			const command = decodeCommandProgram(program);
			// Its exchanges come from the command itself, which is executed in no playback.
			if (command.http !== undefined) return null;
			return async (session) => commandVerdict(await runCommand(session, command, watch));
		}
		case "candidate":
			return async (session) => {
				const { verdict } = await runCandidate(session, decodeCandidateProgram(program), watch);
				return { verdict, failed: verdict !== "pass" };
			};
		case "evaluation":
		case "library":
		case "mcp":
		case "imported":
			return null;
	}
}
