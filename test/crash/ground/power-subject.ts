import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isRetakeError } from "@retake/base";
import { commitToBranch, recoverWorktree } from "@retake/txfs";
import { plantTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";
import { branchCommits, branchRefName, plantRepository } from "./branch-workload.ts";
import { git } from "./git.ts";
import { heldState } from "./held-state.ts";
import { heldCalls, recordedCalls } from "./record-workload.ts";
import { leftBehind } from "./tree-state.ts";
import { buildSeries, type SeriesName } from "./workloads.ts";

/** What the power is cut under, and how to tell what became of it. */
export interface PowerSubject {
	/** What the worker is told to do, and to what. */
	readonly verb: "series" | "branch" | "record";
	readonly name: string;
	plant(root: string): void;
	/** Learns from an undisturbed run what its end looks like. Throws where it ended as it must not. */
	rehearsed(root: string): void;
	/** Recovers, and tells what is there. */
	judge(root: string): Promise<PowerVerdict>;
}

/** What a cut left. */
export interface PowerVerdict {
	/** How many commits, or recorded calls, are there, whole; null for anything that none of them made. */
	readonly held: number | null;
	/** The code with which the recovery, or the next commit, was refused; null where it was not. */
	readonly refusal: string | null;
	/** What is left of a commit. */
	readonly litter: readonly string[];
}

/** A working tree and a series of commits to it. */
export function treeUnderPower(name: SeriesName): PowerSubject {
	const series = buildSeries(name);
	const { states } = series;
	const heldIn = heldState(series);
	return {
		verb: "series",
		name,
		plant(root) {
			mkdirSync(root);
			plantTree(root, states[0] ?? {});
		},
		rehearsed(root) {
			if (heldIn(root) !== states.length - 1) throw new Error("undisturbed, the series did not end as it must");
		},
		async judge(root) {
			const refusal = await refusalOf(recoverWorktree(root));
			const held = heldIn(root);
			return { held: held === -1 ? null : held, refusal, litter: leftBehind(root) };
		},
	};
}

/** A repository and commits to a branch of it. There is nothing to recover: git must find it sound as it is. */
export function branchUnderPower(): PowerSubject {
	let history: readonly string[] = [];
	const held = (root: string): number | null => {
		// Nothing may be missing or damaged that a ref leads to.
		if (git(root, "fsck", "--full", "--no-dangling") !== "") return null;
		if (!existsSync(join(root, ".git", branchRefName))) return 0;
		const number = history.indexOf(git(root, "rev-parse", branchRefName)) + 1;
		return number === 0 ? null : number;
	};
	return {
		verb: "branch",
		name: "-",
		plant: plantRepository,
		rehearsed(root) {
			history = git(root, "rev-list", "--reverse", branchRefName, "^main").split("\n");
		},
		async judge(root) {
			const found = held(root);
			const next = found === null ? undefined : branchCommits(root)[found];
			const refusal = next === undefined ? null : await refusalOf(commitToBranch(next));
			return { held: found, refusal, litter: [] };
		},
	};
}

/** A run that is recorded with every event flushed. There is nothing to recover: SQLite must find it sound as it is. */
export function recordingUnderPower(): PowerSubject {
	return {
		verb: "record",
		name: "-",
		plant: (root) => mkdirSync(root),
		rehearsed(root) {
			if (heldCalls(root) !== recordedCalls) throw new Error("undisturbed, not every call is on record");
		},
		judge: async (root) => ({ held: heldCalls(root), refusal: null, litter: [] }),
	};
}

async function refusalOf(work: Promise<unknown>): Promise<string | null> {
	try {
		await work;
		return null;
	} catch (error) {
		if (isRetakeError(error)) return error.code;
		throw error;
	}
}
