import { type ChangesetId, isRetakeError } from "@retake/base";
import { type CanonicalValue, printablePath, type TreePath } from "@retake/changeset";
import { type AgentSession, type ExecOutput, spellBytes, type ToolInput } from "@retake/runtime";
import type { Check, CheckResult, Verdict } from "./evaluation.ts";

/** What a candidate's run does, kept in the run's header so that a replay can do it again. */
export interface CandidateProgram {
	readonly kind: "candidate";
	readonly name: string;
	readonly source:
		| { readonly kind: "patch"; readonly patch: Uint8Array }
		| { readonly kind: "command"; readonly command: string };
	/** Tests laid over the candidate's result before the checks; null for none. */
	readonly tests: ChangesetId | null;
	readonly checks: readonly Check[];
}

/** What a candidate's run came to. */
export interface CandidateOutcome {
	readonly verdict: Verdict;
	readonly reason: string | null;
	readonly checks: readonly CheckResult[];
	readonly changedPaths: readonly TreePath[];
}

/** What watches the checks of one candidate. */
export interface CheckWatch {
	readonly onCheckStarted?: (check: string) => void;
	readonly onCheckEnded?: (result: CheckResult) => void;
	readonly signal?: AbortSignal;
}

/**
 * Puts the candidate's change in place, lays the tests over it and runs each check on that tree, each untouched by the
 * checks before it: a candidate's code that runs in one check cannot prepare the next. Afterwards the tree is the candidate's
 * result alone. The same procedure runs live and in playback.
 */
export async function runCandidate(
	session: AgentSession,
	program: CandidateProgram,
	watch: CheckWatch = {},
): Promise<CandidateOutcome> {
	const refusal = await propose(session, program, watch.signal);
	const changedPaths = session.changes().changes.map((change) => change.path);
	if (refusal !== null) return { ...refusal, checks: [], changedPaths };
	const result = session.savepoint();
	try {
		if (program.tests !== null) await session.layOver(program.tests);
		const judged = await judge(session, program.checks, watch);
		return { ...judged, changedPaths };
	} catch (error) {
		return { ...verdictOfError(error), checks: [], changedPaths };
	} finally {
		session.rollbackTo(result);
	}
}

interface Judgement {
	readonly verdict: Verdict;
	readonly reason: string | null;
}

async function propose(
	session: AgentSession,
	{ source }: CandidateProgram,
	signal: AbortSignal | undefined,
): Promise<Judgement | null> {
	const options = signal === undefined ? {} : { signal };
	try {
		if (source.kind === "patch") {
			await session.call("apply_patch", spellPatch(source.patch), options);
			return null;
		}
		const output = await session.call("exec", { argv: ["/bin/sh", "-c", source.command] }, options);
		const failure = failureOf(output, "the candidate's command");
		if (failure !== null) return failure;
		return trespass(output);
	} catch (error) {
		return verdictOfError(error);
	}
}

/** Returns why what a command wrote is against the rules, or null. A stripped setuid bit or attribute is not: it is only reported. */
function trespass({ refused }: ExecOutput): Judgement | null {
	const protectedPath = refused.find(({ reason }) => reason === "git-directory" || reason === "own-directory");
	if (protectedPath === undefined) return null;
	const { path, reason } = protectedPath;
	const whose = reason === "git-directory" ? "git's" : "Retake's";
	return { verdict: "policy", reason: `it wrote to ${printablePath(path)}, which is ${whose} and never committed` };
}

function spellPatch(bytes: Uint8Array): ToolInput<"apply_patch"> {
	const { content, encoding } = spellBytes(bytes);
	return { patch: content, encoding };
}

async function judge(
	session: AgentSession,
	checks: readonly Check[],
	watch: CheckWatch,
): Promise<Judgement & { readonly checks: CheckResult[] }> {
	const results: CheckResult[] = [];
	const judged = session.savepoint();
	let worst: Judgement = { verdict: "pass", reason: null };
	for (const check of checks) {
		watch.onCheckStarted?.(check.name);
		let durationMs = 0;
		const output = await session.call(
			"exec",
			{ argv: ["/bin/sh", "-c", check.command] },
			{
				onTimed: (measured) => {
					durationMs = measured;
				},
				...(watch.signal === undefined ? {} : { signal: watch.signal }),
			},
		);
		session.rollbackTo(judged);
		const result = checkResult(check.name, output, durationMs);
		results.push(result);
		watch.onCheckEnded?.(result);
		const failure = failureOf(output, `check ${check.name}`);
		if (failure === null) continue;
		if (worst.verdict === "pass" || failure.verdict !== "fail") worst = failure;
		if (failure.verdict !== "fail") break;
	}
	return { ...worst, checks: results };
}

function checkResult(name: string, output: ExecOutput, durationMs: number): CheckResult {
	const { exitCode, signal, timedOut, outOfMemory, stdout, stderr, droppedBytes } = output;
	return { name, exitCode, signal, timedOut, outOfMemory, durationMs, stdout, stderr, droppedBytes };
}

function failureOf(output: ExecOutput, what: string): Judgement | null {
	if (output.timedOut) return { verdict: "timeout", reason: `${what} did not end in time` };
	if (output.outOfMemory) return { verdict: "out-of-memory", reason: `${what} used more memory than it may` };
	if (output.signal !== null) return { verdict: "fail", reason: `${what} was ended by ${output.signal}` };
	return output.exitCode === 0 ? null : { verdict: "fail", reason: `${what} exited with ${output.exitCode}` };
}

function verdictOfError(error: unknown): Judgement {
	if (!isRetakeError(error) || error.sort === "bug" || error.code === "INTERRUPTED" || error.code === "DIVERGENCE")
		throw error;
	switch (error.code) {
		case "PATCH_INVALID":
		case "PATCH_CONFLICT":
		case "LIMIT_EXCEEDED":
			return { verdict: "invalid-patch", reason: error.message };
		case "PATH_REFUSED":
		case "TREE_REFUSED":
			return { verdict: "policy", reason: error.message };
		default:
			return { verdict: "error", reason: error.message };
	}
}

/** Returns a program as a run's header keeps it. */
export function encodeCandidateProgram(program: CandidateProgram): CanonicalValue {
	return program as unknown as CanonicalValue;
}

/** Returns the program that a run's header keeps. */
export function decodeCandidateProgram(value: CanonicalValue): CandidateProgram {
	return value as unknown as CandidateProgram;
}
