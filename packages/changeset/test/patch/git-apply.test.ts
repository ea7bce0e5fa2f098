import { Buffer } from "node:buffer";
import { isRetakeError } from "@retake/base";
import {
	applyPatch,
	applyToTree,
	type Blobs,
	createMemoryBlobs,
	diffTrees,
	formatPatch,
	type MemoryTree,
	parsePatch,
} from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { git, readTree, scratchDirectory, writeTree } from "../model/directory.ts";
import { contentsOf, editText, file, mutated, randomLeaves, treeOf } from "../model/model-tree.ts";
import { seeded } from "../model/random.ts";

/** What the real git makes of a tree; null where it refuses. */
function gitApply(tree: MemoryTree, patch: Uint8Array, blobs: Blobs): MemoryTree | null {
	using scratch = scratchDirectory();
	writeTree(tree, scratch.path);
	const result = git(scratch.path, ["apply", "--whitespace=nowarn"], patch);
	return result.status === 0 ? readTree(scratch.path, blobs) : null;
}

/** What we make of a tree; null where we refuse. */
function ourApply(tree: MemoryTree, patch: Uint8Array, blobs: Blobs): MemoryTree | null {
	try {
		return applyToTree(tree, applyPatch({ patch: parsePatch(patch), tree, blobs }));
	} catch (error) {
		if (isRetakeError(error) && ["PATCH_CONFLICT", "PATCH_INVALID", "PATH_REFUSED"].includes(error.code)) return null;
		throw error;
	}
}

/** What the real git writes for the difference of two trees, looking for renames and copies. */
function gitDiff(before: MemoryTree, after: MemoryTree): Uint8Array {
	using scratch = scratchDirectory();
	git(scratch.path, ["init", "--quiet", "--template=", "--bare", "repository"]);
	const trees = Object.entries({ before, after }).map(([name, tree]) => {
		writeTree(tree, `${scratch.path}/${name}`);
		git(scratch.path, ["--git-dir=repository", `--work-tree=${name}`, "add", "--all"]);
		return git(scratch.path, ["--git-dir=repository", "write-tree"]).stdout.toString().trim();
	});
	const options = ["--binary", "-M50", "-C", "--find-copies-harder"];
	const result = git(scratch.path, ["--git-dir=repository", "diff", ...options, ...trees]);
	expect(result).toMatchObject({ status: 0, stderr: "" });
	return result.stdout;
}

const seeds = Array.from({ length: 80 }, (_, index) => 1000 + index);

describe("the same as git", () => {
	test("git apply reads what formatPatch writes, and so do we", () => {
		for (const seed of seeds) {
			const random = seeded(seed);
			const blobs = createMemoryBlobs();
			const leaves = randomLeaves(random, blobs);
			const before = treeOf(leaves, blobs);
			const after = treeOf(mutated(random, blobs, leaves), blobs);
			const changeset = diffTrees(before, after);
			if (changeset.changes.length === 0) continue;
			const patch = formatPatch(changeset, blobs);
			const shown = `seed ${seed}\n${Buffer.from(patch).toString("latin1")}`;
			expect(applyPatch({ patch: parsePatch(patch), tree: before, blobs }), shown).toEqual(changeset);
			const byGit = gitApply(before, patch, blobs);
			expect(byGit && contentsOf(byGit), shown).toEqual(contentsOf(after));
		}
	});

	test("we read what git diff writes: renames, copies, deltas, links, odd names", () => {
		const seen = new Set<string>();
		for (const seed of seeds.slice(0, 30)) {
			const random = seeded(seed * 7);
			const blobs = createMemoryBlobs();
			const leaves = randomLeaves(random, blobs);
			const before = treeOf(leaves, blobs);
			const after = treeOf(mutated(random, blobs, leaves), blobs);
			const patch = gitDiff(before, after);
			if (patch.length === 0) continue;
			const shown = `seed ${seed * 7}\n${Buffer.from(patch).toString("latin1")}`;
			for (const { kind, content } of parsePatch(patch).files) seen.add(kind).add(content.kind);
			const ours = ourApply(before, patch, blobs);
			expect(ours && contentsOf(ours), shown).toEqual(contentsOf(after));
		}
		expect([...seen].sort()).toEqual(["binary", "copy", "create", "delete", "hunks", "modify", "rename", "unchanged"]);
	});

	test("a patch on a tree that has moved on is accepted, placed and refused alike", () => {
		const outcomes = { applied: 0, refused: 0 };
		for (const seed of seeds) {
			const random = seeded(seed * 13);
			const blobs = createMemoryBlobs();
			const text = Array.from({ length: 60 }, () => `line ${Math.floor(random() * 25)}\n`).join("");
			const path = "dir/file" as never;
			const before = treeOf(new Map([[path, file(blobs, text)]]), blobs);
			const after = treeOf(new Map([[path, file(blobs, editText(random, text))]]), blobs);
			const drifted = treeOf(new Map([[path, file(blobs, editText(random, editText(random, text)))]]), blobs);
			const patch = formatPatch(diffTrees(before, after), blobs);
			if (patch.length === 0) continue;
			const [ours, gits] = [ourApply(drifted, patch, blobs), gitApply(drifted, patch, blobs)];
			const shown = `seed ${seed * 13}\n${Buffer.from(patch).toString("latin1")}`;
			expect(ours && contentsOf(ours), shown).toEqual(gits && contentsOf(gits));
			outcomes[gits === null ? "refused" : "applied"]++;
		}
		expect(outcomes.applied).toBeGreaterThan(5);
		expect(outcomes.refused).toBeGreaterThan(5);
	});
});
