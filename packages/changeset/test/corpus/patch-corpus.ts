import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import {
	applyPatch,
	applyToTree,
	type Blobs,
	createMemoryBlobs,
	type MemoryTree,
	parsePatch,
	type TreeNode,
	type TreePath,
	treePath,
} from "@retake/changeset";
import { contentsOf, file, type Leaves, mutated, randomLeaves, treeOf } from "../model/model-tree.ts";
import { seeded } from "../model/random.ts";
import { applyByGit, memoryScratch, type PatchCase } from "./apply-by-git.ts";
import { diffPairs, importTrees, run } from "./git-trees.ts";
import { knownDifferences, type OurOutcome, refusalOf } from "./known-differences.ts";
import { mutations } from "./mutate-patch.ts";

/** Every way in which git is asked to write a patch. */
const flagSets: readonly (readonly string[])[] = [
	["--binary"],
	["--binary", "-M"],
	["--binary", "-C", "--find-copies-harder"],
	["--binary", "-U0"],
	["--binary", "-U1", "-M"],
	["--binary", "--no-prefix"],
	["--binary", "-B", "-M"],
	["--full-index"],
	["--binary", "--patience", "--inter-hunk-context=4"],
	["--binary", "--src-prefix=i/", "--dst-prefix=w/"],
];

/** One case of the corpus, told so that a failure can be looked at. */
export interface JudgedCase {
	readonly index: number;
	readonly mutation: string;
	readonly flags: readonly string[];
	/** `unexplained` is the failure; a known difference is named. */
	readonly verdict: "same tree" | "both refuse" | "unexplained" | { readonly difference: string };
	readonly text: string;
	readonly said: string;
	readonly ours: string;
}

/** Makes `rounds` patches for each mutation from a seed, lets git and us (or a spoilt one in our place) apply each, and judges. */
export function judgeCorpus(seed: number, rounds: number, apply: typeof applyByUs = applyByUs): JudgedCase[] {
	const random = seeded(seed);
	const blobs = createMemoryBlobs();
	const names = Object.keys(mutations);
	const fixed: readonly (readonly [TreePath, TreeNode])[] = [
		[treePath("link"), { kind: "symlink", target: "directory" }],
		[treePath("regular"), file(blobs, "one\ntwo\n")],
		[treePath("directory/inside"), file(blobs, "x\n")],
	];
	const starts = Array.from(
		{ length: names.length * rounds },
		(): Leaves => new Map([...randomLeaves(random, blobs), ...fixed]),
	);
	const pairs = starts.map((leaves) => [treeOf(leaves, blobs), treeOf(mutated(random, blobs, leaves), blobs)] as const);
	const patches = diffAll(pairs);
	const cases = pairs.map(([before], index) => {
		const mutation = names[Math.floor(index / rounds)] as string;
		const flags = flagSets[index % flagSets.length] as readonly string[];
		const text = mutations[mutation]?.(Buffer.from(patches[index] as Uint8Array).toString("latin1"), random) ?? "";
		// Every seventh patch meets a tree that has moved on.
		const tree = index % 7 === 3 ? treeOf(mutated(random, blobs, starts[index] as Leaves), blobs) : before;
		const strip = flags.includes("--no-prefix") ? (0 as const) : (1 as const);
		return { mutation, flags, text, tree, strip, patch: Buffer.from(text, "latin1") };
	});
	const gits = applyByGit(cases, blobs);
	return cases.map(({ mutation, flags, text, ...patchCase }, index) => {
		const ours = apply(patchCase, blobs);
		const git = gits[index] as (typeof gits)[0];
		const said = git.said;
		const told = ours.kind === "refused" ? ours.error.message : "applied";
		const judged = { index, mutation, flags, text, said, ours: told };
		if (ours.kind === "refused" && git.kind === "refused") return { ...judged, verdict: "both refuse" };
		if (ours.kind === "applied" && git.kind === "applied" && isSameTree(ours.tree, git.tree)) {
			return { ...judged, verdict: "same tree" };
		}
		const known = Object.entries(knownDifferences).find(([, explains]) => explains({ text, ours, gits: git }));
		return { ...judged, verdict: known === undefined ? "unexplained" : { difference: known[0] } };
	});
}

function diffAll(pairs: readonly (readonly [MemoryTree, MemoryTree])[]): Uint8Array[] {
	using repository = memoryScratch();
	run(repository.path, ["init", "--quiet", "--template=", "--bare", "."]);
	const hashes = importTrees(repository.path, pairs.flat());
	const byPair = pairs.map((_, index) => [hashes[2 * index] as string, hashes[2 * index + 1] as string] as const);
	const byFlags = flagSets.map((flags, kind) =>
		diffPairs(
			repository.path,
			byPair.filter((_, index) => index % flagSets.length === kind),
			flags,
		),
	);
	return pairs.map((_, index) => byFlags[index % flagSets.length]?.[Math.floor(index / flagSets.length)] as Uint8Array);
}

/** Parses and applies a case. */
export function applyByUs({ tree, patch }: Pick<PatchCase, "tree" | "patch">, blobs: Blobs): OurOutcome {
	try {
		return { kind: "applied", tree: applyToTree(tree, applyPatch({ patch: parsePatch(patch), tree, blobs })) };
	} catch (error) {
		return { kind: "refused", error: refusalOf(error) };
	}
}

function isSameTree(left: MemoryTree, right: MemoryTree): boolean {
	return isDeepStrictEqual(contentsOf(left), contentsOf(right));
}
