import { availableParallelism } from "node:os";
import { type ChangesetId, isRetakeError, RetakeError, sha256 } from "@retake/base";
import { applyPatch, type CanonicalValue, defaultPatchLimits, parsePatch, patchChunks } from "@retake/changeset";
import { type Base, checkOptions, type Runtime, type Session, WarmSandboxes } from "@retake/runtime";
import pLimit from "p-limit";
import { type CandidateProgram, encodeCandidateProgram, runCandidate } from "./candidate-program.ts";
import { type CheckedEvaluateOptions, type EvaluateOptions, evaluateOptionsSchema } from "./evaluate-options.ts";
import type { Candidate, CandidateResult, Committed, Evaluation, EvaluationProgress } from "./evaluation.ts";
import { type CandidateSummary, type EvaluationProgram, runEvaluation } from "./evaluation-program.ts";
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
	readonly #results: CandidateResult[] = [];
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
		const program: EvaluationProgram = { kind: "evaluation", checks, candidates: candidates.map(identityOf) };
		await using session = await this.#runtime.startSession({
			base: this.#base,
			kind: "evaluation",
			title: `${candidates.length} candidate${candidates.length === 1 ? "" : "s"}, ${checks.map((check) => check.name).join(", ")}`,
			program: program as unknown as CanonicalValue,
			warm: this.#warm,
		});
		this.#tell({
			kind: "started",
			runId: session.runId,
			candidates: candidates.map((candidate) => candidate.name),
			checks: checks.map((check) => check.name),
		});
		const inTurn = pLimit(this.#options.jobs ?? availableParallelism());
		const { selected } = await runEvaluation(session, program, (index) =>
			inTurn(() => this.#candidate(session, index, tests)),
		);
		this.#watch.signal?.throwIfAborted();
		this.#tell({ kind: "selected", name: selected?.name ?? null });
		const committed = await this.#decide(session, selected);
		const { treeId } = this.#base.snapshot;
		return {
			runId: session.runId,
			base: { treeId, commit: this.#base.commit },
			candidates: this.#results,
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

	async #candidate(parent: Session, index: number, tests: ChangesetId | null): Promise<CandidateSummary> {
		const candidate = this.#options.candidates[index] as Candidate;
		this.#watch.signal?.throwIfAborted();
		this.#tell({ kind: "candidate-started", name: candidate.name });
		const { result, changesetId } = await this.#judge(parent, candidate, tests);
		this.#results[index] = result;
		this.#tell({ kind: "candidate-ended", result });
		const { name, runId, verdict, reason, patchBytes } = result;
		return { name, runId, verdict, reason, patchBytes, changesetId };
	}

	async #judge(parent: Session, candidate: Candidate, tests: ChangesetId | null): Promise<Judged> {
		const { name } = candidate;
		const bytesMax = defaultPatchLimits.bytes;
		if (candidate.kind === "patch" && candidate.patch.length > bytesMax) {
			const reason = `the patch has more than ${bytesMax} bytes`;
			return { result: emptyResult(name, "invalid-patch", reason), changesetId: null };
		}
		try {
			return await this.#run(parent, candidate, tests);
		} catch (error) {
			if (this.#watch.signal?.aborted || !isRetakeError(error) || error.sort === "bug") throw error;
			return { result: emptyResult(name, "error", error.message), changesetId: null };
		}
	}

	async #run(parent: Session, candidate: Candidate, tests: ChangesetId | null): Promise<Judged> {
		const { name, ...source } = candidate;
		const { signal } = this.#watch;
		const program: CandidateProgram = { kind: "candidate", name, source, tests, checks: this.#options.checks };
		await using session = await this.#runtime.startSession({
			base: this.#base,
			kind: "candidate",
			title: name,
			program: encodeCandidateProgram(program),
			uses: tests === null ? [] : [tests],
			parentRunId: parent.runId,
			warm: this.#warm,
		});
		const outcome = await runCandidate(session, program, {
			onCheckStarted: (check) => this.#tell({ kind: "check-started", candidate: name, check }),
			onCheckEnded: ({ name: check, exitCode, durationMs }) =>
				this.#tell({ kind: "check-ended", candidate: name, check, exitCode, durationMs }),
			...(signal === undefined ? {} : { signal }),
		});
		signal?.throwIfAborted();
		const passed = outcome.verdict === "pass";
		const verdict = { verdict: outcome.verdict, failed: !passed };
		const ended = await (passed ? session.keep(verdict) : session.rollback(verdict));
		let patchBytes = 0;
		if (passed) for (const chunk of patchChunks(ended.changes, this.#runtime.store.blobs)) patchBytes += chunk.length;
		return {
			result: { name, runId: session.runId, ...outcome, patchBytes },
			changesetId: passed ? ended.changesetId : null,
		};
	}

	async #decide(session: Session, selected: CandidateSummary | null): Promise<Committed | null> {
		const { commit } = this.#options;
		if (selected === null) {
			await session.rollback({ verdict: "none passed", failed: true });
			return null;
		}
		const verdict = { verdict: `selected ${selected.name}`, failed: false };
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

interface Judged {
	readonly result: CandidateResult;
	readonly changesetId: ChangesetId | null;
}

function emptyResult(name: string, verdict: "invalid-patch" | "error", reason: string): CandidateResult {
	return { name, runId: null, verdict, reason, checks: [], changedPaths: [], patchBytes: 0 };
}

function identityOf(candidate: Candidate) {
	const { name, kind } = candidate;
	const content = candidate.kind === "patch" ? candidate.patch : Buffer.from(candidate.command, "utf8");
	return { name, kind, sha256: sha256(content) };
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
