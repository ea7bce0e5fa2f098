import { availableParallelism } from "node:os";
import { type ChangesetId, RetakeError, sha256 } from "@retake/base";
import { applyPatch, type CanonicalValue, defaultPatchLimits, parsePatch } from "@retake/changeset";
import { type Base, checkOptions, type Runtime, type Session, WarmSandboxes } from "@retake/runtime";
import pLimit from "p-limit";
import { type CheckedEvaluateOptions, type EvaluateOptions, evaluateOptionsSchema } from "./evaluate-options.ts";
import type { Candidate, CandidateResult, Committed, Evaluation, EvaluationProgress } from "./evaluation.ts";
import {
	type CandidateIdentity,
	type CandidateSummary,
	type EvaluationProgram,
	evaluationVerdict,
	runEvaluation,
	sourcesOf,
} from "./evaluation-program.ts";
import { judgeCandidate, summaryOf } from "./judge-candidate.ts";
import { prepare } from "./prepare.ts";

/** What watches an evaluation. */
export interface EvaluationWatch {
	readonly onProgress?: (progress: EvaluationProgress) => void;
	readonly signal?: AbortSignal;
}

/**
 * Evaluates candidates: each on its own copy-on-write view of one base, judged by the checks; chooses the smallest that passes and,
 * where asked, commits it. A candidate's failure is its verdict. Throws `USAGE`, `PATCH_CONFLICT` for tests that do not apply to the base,
 * `CONFLICT` where the commit target moved, `INTERRUPTED`.
 */
export async function evaluate(
	runtime: Runtime,
	options: EvaluateOptions,
	watch: EvaluationWatch = {},
): Promise<Evaluation> {
	const checked = checkOptions(evaluateOptionsSchema, options);
	requireUniqueNames("check", checked.checks);
	requireUniqueNames("candidate", checked.candidates);
	const base = await prepare(runtime, checked, watch);
	return new EvaluationRun(runtime, checked, base, watch).run();
}

class EvaluationRun {
	readonly #runtime: Runtime;
	readonly #options: CheckedEvaluateOptions;
	readonly #base: Base;
	readonly #watch: EvaluationWatch;
	readonly #warm = new WarmSandboxes();

	constructor(runtime: Runtime, options: CheckedEvaluateOptions, base: Base, watch: EvaluationWatch) {
		this.#runtime = runtime;
		this.#options = options;
		this.#base = base;
		this.#watch = watch;
	}

	async run(): Promise<Evaluation> {
		await using _warm = this.#warm;
		const { checks, candidates } = this.#options;
		const tests = this.#testChangeset();
		const kept = candidates.map((candidate) => this.#keep(candidate));
		const program: EvaluationProgram = { kind: "evaluation", checks, tests, candidates: kept };
		await using session = await this.#runtime.startSession({
			base: this.#base,
			kind: "evaluation",
			title: `${candidates.length} candidate${candidates.length === 1 ? "" : "s"}, ${checks.map((check) => check.name).join(", ")}`,
			program: program as unknown as CanonicalValue,
			uses: sourcesOf(program),
			warm: this.#warm,
		});
		this.#tell({
			kind: "started",
			runId: session.runId,
			candidates: candidates.map((candidate) => candidate.name),
			checks: checks.map((check) => check.name),
		});
		const inTurn = pLimit(this.#options.jobs ?? availableParallelism());
		const results: CandidateResult[] = [];
		const parts = {
			runtime: this.#runtime,
			base: this.#base,
			checks,
			tests,
			warm: this.#warm,
			watch: this.#watch,
			evaluation: session.runId,
		};
		const { selected } = await runEvaluation(session, program, (index) =>
			inTurn(async () => {
				const judged = await judgeCandidate(parts, candidates[index] as Candidate);
				results[index] = judged.result;
				return summaryOf(judged);
			}),
		);
		this.#watch.signal?.throwIfAborted();
		this.#tell({ kind: "selected", name: selected?.name ?? null });
		const committed = await this.#decide(session, selected);
		const { treeId } = this.#base.snapshot;
		return {
			runId: session.runId,
			base: { treeId, commit: this.#base.commit },
			candidates: results,
			selected: selected?.name ?? null,
			committed,
		};
	}

	#testChangeset(): ChangesetId | null {
		const { testPatch } = this.#options;
		if (testPatch === undefined) return null;
		const { store } = this.#runtime;
		const patch = parsePatch(testPatch);
		return store.changesets.write(applyPatch({ patch, tree: this.#base.snapshot, blobs: store.blobs }));
	}

	/** Keeps what the candidate is, so that an evaluation that is cut off can be resumed; a patch that is too long for it is refused anyway. */
	#keep(candidate: Candidate): CandidateIdentity {
		const { name, kind } = candidate;
		const content = candidate.kind === "patch" ? candidate.patch : Buffer.from(candidate.command, "utf8");
		const { blobs } = this.#runtime.store;
		const isKept = content.length <= defaultPatchLimits.bytes;
		return { name, kind, sha256: isKept ? blobs.write(content) : sha256(content) };
	}

	async #decide(session: Session, selected: CandidateSummary | null): Promise<Committed | null> {
		const { commit } = this.#options;
		if (selected === null) {
			await session.rollback(evaluationVerdict(null));
			return null;
		}
		const verdict = evaluationVerdict(selected);
		if (commit.kind === "none") {
			await session.keep(verdict);
			return null;
		}
		this.#tell({ kind: "committing", name: selected.name });
		const message = `Apply ${selected.name}`;
		const report = await session.commit(commit.kind === "branch" ? { ...commit, message } : commit, verdict);
		return report.kind === "worktree" ? { kind: "worktree", paths: report.paths.length } : report;
	}

	#tell(progress: EvaluationProgress): void {
		this.#watch.onProgress?.(progress);
	}
}

function requireUniqueNames(what: string, named: readonly { readonly name: string }[]): void {
	const seen = new Set<string>();
	for (const { name } of named) {
		if (seen.has(name)) {
			throw new RetakeError("USAGE", `two ${what}s are named "${name}"`, {
				sort: "misuse",
				remedy: "give each a name of its own",
			});
		}
		seen.add(name);
	}
}
