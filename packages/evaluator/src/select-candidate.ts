import type { CandidateResult } from "./evaluation.ts";

/** Chooses among the candidates that passed: the smallest patch, and of equals the one that was given first. Null where none passed. */
export function selectCandidate(
	results: readonly Pick<CandidateResult, "name" | "verdict" | "patchBytes">[],
): string | null {
	let best: (typeof results)[number] | null = null;
	for (const result of results) {
		if (result.verdict === "pass" && (best === null || result.patchBytes < best.patchBytes)) best = result;
	}
	return best?.name ?? null;
}
