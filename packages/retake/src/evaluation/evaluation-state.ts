import type { CandidateResult, EvaluationProgress, Verdict } from "@retake/evaluator";
import { snapshotLine } from "../run/snapshot-view.ts";

/** Where one candidate stands. */
export interface CandidateState {
	readonly name: string;
	readonly phase: "waiting" | "running" | "ended";
	/** The check that runs now; null before the first. */
	readonly check: string | null;
	readonly checksPassed: number;
	readonly verdict: Verdict | null;
	/** Paths that it changed; null until it has ended. */
	readonly changedPaths: number | null;
	/** Milliseconds of the command line's own clock; null until it has begun, or ended. */
	readonly startedAt: number | null;
	readonly endedAt: number | null;
}

/** Where an evaluation stands. */
export interface EvaluationState {
	/** What is done before and after the candidates; null while they run. */
	readonly activity: string | null;
	/** How many checks there are. */
	readonly checks: number;
	readonly candidates: readonly CandidateState[];
	readonly selected: string | null;
}

/** The state before anything was told. */
export const initialState: EvaluationState = {
	activity: "looking at the workspace",
	checks: 0,
	candidates: [],
	selected: null,
};

/** Returns the state after one more piece of progress, told at `now`, milliseconds. */
export function advance(state: EvaluationState, progress: EvaluationProgress, now: number): EvaluationState {
	switch (progress.kind) {
		case "snapshot":
			return { ...state, activity: snapshotLine(progress.files, progress.bytes) };
		case "frozen":
			return { ...state, activity: "starting" };
		case "setup":
			return { ...state, activity: progress.state === "started" ? "running the set-up" : "starting" };
		case "started":
			return { ...state, activity: null, checks: progress.checks.length, candidates: progress.candidates.map(waiting) };
		case "candidate-started":
			return update(state, progress.name, { phase: "running", startedAt: now });
		case "check-started":
			return update(state, progress.candidate, { check: progress.check });
		case "check-ended": {
			const passed = state.candidates.find((each) => each.name === progress.candidate)?.checksPassed ?? 0;
			return update(state, progress.candidate, { checksPassed: passed + (progress.exitCode === 0 ? 1 : 0) });
		}
		case "candidate-ended":
			return update(state, progress.result.name, ended(progress.result, now));
		case "selected":
			return { ...state, selected: progress.name };
		case "committing":
			return { ...state, activity: "committing" };
	}
}

function waiting(name: string): CandidateState {
	return {
		name,
		phase: "waiting",
		check: null,
		checksPassed: 0,
		verdict: null,
		changedPaths: null,
		startedAt: null,
		endedAt: null,
	};
}

function ended({ verdict, changedPaths, checks }: CandidateResult, now: number): Partial<CandidateState> {
	const checksPassed = checks.filter((check) => check.exitCode === 0).length;
	return { phase: "ended", check: null, verdict, checksPassed, changedPaths: changedPaths.length, endedAt: now };
}

function update(state: EvaluationState, name: string, change: Partial<CandidateState>): EvaluationState {
	const candidates = state.candidates.map((each) => (each.name === name ? { ...each, ...change } : each));
	return { ...state, candidates };
}
