import { resolve } from "node:path";
import { assert, RetakeError } from "@retake/base";
import { decodeHeader } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import {
	addTrailer,
	type CommitConflict,
	checkBranch,
	checkPatchFile,
	commitToBranch,
	commitToPatch,
	commitToWorktree,
	repositoryAuthor,
} from "@retake/txfs";
import type { CommitReport, CommitTarget, ConflictData, RuntimePorts } from "./runtime.ts";
import { runAttributes } from "./stored-attributes.ts";

/** Commits a kept run's changes to a working tree, a branch or a patch file. Throws `RUN_STATE`, or `CONFLICT` with nothing written. */
export async function commitRun(
	store: Store,
	{ clock, onLockWait }: Pick<RuntimePorts, "clock" | "onLockWait">,
	workspace: string,
	run: RunRecord,
	to: CommitTarget,
): Promise<CommitReport> {
	requireKept(run);
	assert(run.changesetId !== null, "a kept run has a changeset");
	const changeset = store.changesets.read(run.changesetId);
	if (to.kind === "worktree") {
		const outcome = await commitToWorktree({
			root: workspace,
			changeset,
			blobs: store.blobs,
			commitId: run.runId,
			attributes: runAttributes(store, run.runId),
			times: to.times ?? "now",
			onDrift: to.onDrift ?? "refuse",
			...(onLockWait === undefined ? {} : { onLockWait }),
		});
		if (outcome.kind === "aborted") {
			const command = to.onDrift === "merge" ? "--to patch:FILE" : "--merge";
			throw conflict(run, outcome.conflicts, "the working tree", command);
		}
		store.runs.decide(run.runId, "committed");
		const paths = outcome.changes.map((change) => change.path);
		return outcome.kind === "committed"
			? { kind: "worktree", paths, displaced: outcome.displaced, recoveryPending: false }
			: { kind: "worktree", paths, displaced: [], recoveryPending: true };
	}
	if (to.kind === "patch") {
		const bytes = commitToPatch({ file: to.file, overwrite: to.overwrite ?? false, changeset, blobs: store.blobs });
		store.runs.decide(run.runId, "committed");
		return { kind: "patch", file: resolve(to.file), bytes };
	}
	const { base, title } = decodeHeader(run.header);
	await checkTarget(workspace, base.commit, to);
	assert(base.commit !== null, "a branch's target has been checked");
	const outcome = await commitToBranch({
		repository: workspace,
		branch: to.branch,
		base: base.commit,
		changeset,
		blobs: store.blobs,
		author: { ...repositoryAuthor(workspace), timestamp: Math.floor(clock.now() / 1000), timezoneOffset: 0 },
		message: addTrailer(to.message ?? `Apply ${title}`, "Retake-Run", run.runId),
	});
	if (outcome.kind === "aborted") {
		throw conflict(run, outcome.conflicts, `branch ${to.branch}`, "--to patch:FILE");
	}
	store.runs.decide(run.runId, "committed");
	return { kind: "branch", branch: outcome.branch, oid: outcome.oid };
}

/** Checks where changes are to go before the work that makes them is done. Throws `REPOSITORY_NOT_FOUND`, `USAGE`, `STORE_BUSY`. */
export async function checkTarget(workspace: string, commit: string | null, to: CommitTarget): Promise<void> {
	if (to.kind === "worktree") return;
	if (to.kind === "patch") return checkPatchFile({ file: to.file, overwrite: to.overwrite ?? false });
	if (commit === null) {
		throw new RetakeError(
			"REPOSITORY_NOT_FOUND",
			`${workspace} is not a git repository with commits, so it has no branches`,
			{
				data: { workspace },
				remedy: "commit to the working tree instead, or make a first commit",
			},
		);
	}
	checkBranch({ repository: workspace, branch: to.branch });
}

/** Throws `RUN_STATE` unless the run has ended and waits to be decided. */
export function requireKept(run: RunRecord): void {
	if (run.state === "kept") return;
	throw new RetakeError(
		"RUN_STATE",
		`run ${run.runId} is ${run.state}; only a kept run can be committed or rolled back`,
		{
			sort: "misuse",
			data: { runId: run.runId, state: run.state },
			remedy: `look at it with \`retake show ${run.runId}\``,
		},
	);
}

function conflict(
	run: RunRecord,
	conflicts: readonly CommitConflict[],
	target: string,
	next: "--merge" | "--to patch:FILE",
): RetakeError<ConflictData> {
	const paths = conflicts.map((each) => each.path);
	const named = paths.slice(0, 5).join(", ") + (paths.length > 5 ? ` and ${paths.length - 5} more` : "");
	const how = next === "--merge" ? "merge them" : "merge them by hand from a patch";
	return new RetakeError("CONFLICT", `${target} changed since the base at ${named}; nothing was written`, {
		data: { conflicts },
		remedy: `look at the changes with \`retake changes ${run.runId} --patch\`, or ${how} with \`retake commit ${run.runId} ${next}\``,
	});
}
