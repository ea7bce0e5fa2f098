import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import {
	applyPatch,
	applyToTree,
	type Blobs,
	createMemoryBlobs,
	diffTrees,
	formatPatch,
	type MemoryTree,
	type Moves,
	parsePatch,
} from "@retake/changeset";
import { expect, test } from "vitest";
import { applyByGit, memoryScratch } from "../corpus/apply-by-git.ts";
import { diffPairs, importTrees, run } from "../corpus/git-trees.ts";
import { applyByUs } from "../corpus/patch-corpus.ts";
import { readTree, writeTree } from "../model/directory.ts";
import { contentsOf, editText, file, type Leaves, mutated, randomLeaves, treeOf } from "../model/model-tree.ts";
import { seeded } from "../model/random.ts";

/** Pairs of trees, the second made of the first. */
function randomPairs(seed: number, count: number, blobs: Blobs): (readonly [MemoryTree, MemoryTree])[] {
	const random = seeded(seed);
	return Array.from({ length: count }, () => {
		const leaves = randomLeaves(random, blobs);
		return [treeOf(leaves, blobs), treeOf(mutated(random, blobs, leaves), blobs)] as const;
	}).filter(([before, after]) => diffTrees(before, after).changes.length > 0);
}

function shown(seed: number, index: number, patch: Uint8Array): string {
	return `seed ${seed}, pair ${index}\n${Buffer.from(patch).toString("latin1")}`;
}

const written: readonly (readonly [Moves, readonly string[]])[] = [
	["none", ["create", "delete", "delta", "hunks", "literal", "modify", "unchanged"]],
	["renames", ["create", "delete", "delta", "hunks", "literal", "modify", "rename", "unchanged"]],
	["copies", ["copy", "create", "delete", "delta", "hunks", "literal", "modify", "rename", "unchanged"]],
];

test.each(written)("git apply and we make the tree of what formatPatch writes with moves: %s", (moves, kinds) => {
	const seed = 1000;
	const blobs = createMemoryBlobs();
	const pairs = randomPairs(seed, 200, blobs);
	const patches = pairs.map(([before, after]) => formatPatch(diffTrees(before, after), blobs, { moves }));
	const cases = patches.map((patch, index) => ({
		tree: (pairs[index] as (typeof pairs)[0])[0],
		patch,
		strip: 1 as const,
	}));
	const gits = applyByGit(cases, blobs);
	const seen = new Set<string>();
	for (const [index, { tree, patch }] of cases.entries()) {
		const parsed = parsePatch(patch);
		for (const { kind, content } of parsed.files) {
			seen.add(kind).add(content.kind === "binary" ? content.payload.kind : content.kind);
		}
		const after = pairs[index]?.[1] as MemoryTree;
		expect(applyPatch({ patch: parsed, tree, blobs }), shown(seed, index, patch)).toEqual(diffTrees(tree, after));
		const git = gits[index];
		expect(git?.kind === "applied" && contentsOf(git.tree), shown(seed, index, patch)).toEqual(contentsOf(after));
	}
	expect([...seen].sort()).toEqual(kinds);
});

test("patch -p1 takes the text of what formatPatch writes", () => {
	const seed = 3000;
	const blobs = createMemoryBlobs();
	const random = seeded(seed);
	// What patch knows: text, names without quotes or spaces, and no directory that becomes a file.
	const onlyText = (leaves: Leaves): Leaves =>
		new Map(
			[...leaves].filter(
				([path, node]) =>
					node.kind === "file" && !blobs.read(node.content).includes(0) && /^[!-~]*$/.test(path) && !/["\\]/.test(path),
			),
		);
	const texts = Array.from({ length: 60 }, () => {
		const leaves = onlyText(randomLeaves(random, blobs));
		return [treeOf(leaves, blobs), treeOf(onlyText(mutated(random, blobs, leaves)), blobs)] as const;
	}).filter(([before, after]) => {
		const { changes } = diffTrees(before, after);
		return changes.length > 0 && changes.every(({ was, now }) => was === null || now === null || was.kind === now.kind);
	});
	let taken = 0;
	for (const [index, [before, after]] of texts.entries()) {
		const patch = formatPatch(diffTrees(before, after), blobs);
		using scratch = memoryScratch();
		writeTree(before, `${scratch.path}/tree`);
		const { status, stdout } = spawnSync("patch", ["-p1", "--no-backup-if-mismatch"], {
			cwd: `${scratch.path}/tree`,
			input: patch,
			env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
		});
		expect(status, `${stdout.toString()}${shown(seed, index, patch)}`).toBe(0);
		expect(contentsOf(readTree(`${scratch.path}/tree`, blobs)), shown(seed, index, patch)).toEqual(contentsOf(after));
		taken++;
	}
	expect(taken).toBeGreaterThan(10);
});

test("the renames that we find are nearly always git's", () => {
	const seed = 4000;
	const blobs = createMemoryBlobs();
	const pairs = randomPairs(seed, 200, blobs);
	using repository = memoryScratch();
	run(repository.path, ["init", "--quiet", "--template=", "--bare", "."]);
	const hashes = importTrees(repository.path, pairs.flat());
	const gits = diffPairs(
		repository.path,
		pairs.map((_, index) => [hashes[2 * index] as string, hashes[2 * index + 1] as string]),
		["--binary", "-M"],
	);
	const renamesOf = (patch: Uint8Array, before: MemoryTree): string[] =>
		parsePatch(patch).files.flatMap((one) =>
			// Links do not move with us; see findMoves.
			one.kind === "rename" && before.lookup(one.from)?.kind === "file" ? [`${one.from} to ${one.path}`] : [],
		);
	let [both, oneOnly] = [0, 0];
	for (const [index, [before, after]] of pairs.entries()) {
		const git = renamesOf(gits[index] as Uint8Array, before);
		const ours = renamesOf(formatPatch(diffTrees(before, after), blobs, { moves: "renames" }), before);
		both += git.filter((name) => ours.includes(name)).length;
		oneOnly += new Set([...git, ...ours]).size - git.filter((name) => ours.includes(name)).length;
	}
	expect(both).toBeGreaterThan(50);
	expect(oneOnly).toBeLessThan(both / 10);
});

test("a mail of git format-patch is read", () => {
	const seed = 5000;
	const blobs = createMemoryBlobs();
	for (const [index, [before, after]] of randomPairs(seed, 12, blobs).entries()) {
		using repository = memoryScratch();
		run(repository.path, ["init", "--quiet", "--template=", "--bare", "."]);
		const [first = "", second = ""] = importTrees(repository.path, [before, after]);
		const author = ["-c", "user.name=A Ü", "-c", "user.email=a@example.org"];
		const commit = (...args: readonly string[]): string =>
			run(repository.path, [...author, "commit-tree", ...args])
				.toString()
				.trim();
		const base = commit(first, "-m", "base");
		const next = commit(
			second,
			"-p",
			base,
			"-m",
			"A subject with ü\n\nProse:\n\n--- not a name\n-- not a mark\n@@ neither",
		);
		const mail = run(repository.path, ["format-patch", "--stdout", "--binary", "-M", `${base}..${next}`]);
		const ours = applyToTree(before, applyPatch({ patch: parsePatch(mail), tree: before, blobs }));
		expect(contentsOf(ours), shown(seed, index, mail)).toEqual(contentsOf(after));
	}
});

test("a patch on a tree that has moved on is accepted, placed and refused alike", () => {
	const outcomes = { applied: 0, refused: 0 };
	const blobs = createMemoryBlobs();
	const random = seeded(6000);
	const path = "dir/file" as never;
	const cases = Array.from({ length: 200 }, () => {
		const text = Array.from({ length: 60 }, () => `line ${Math.floor(random() * 25)}\n`).join("");
		const [before, after, drifted] = [text, editText(random, text), editText(random, editText(random, text))].map(
			(each) => treeOf(new Map([[path, file(blobs, each)]]), blobs),
		) as [MemoryTree, MemoryTree, MemoryTree];
		return { tree: drifted, patch: formatPatch(diffTrees(before, after), blobs), strip: 1 as const };
	}).filter(({ patch }) => patch.length > 0);
	for (const [index, git] of applyByGit(cases, blobs).entries()) {
		const one = cases[index] as (typeof cases)[0];
		const ours = applyByUs(one, blobs);
		const treeIn = (outcome: typeof ours | typeof git) =>
			outcome.kind === "applied" ? contentsOf(outcome.tree) : null;
		expect(treeIn(ours), shown(6000, index, one.patch)).toEqual(treeIn(git));
		outcomes[git.kind]++;
	}
	expect(outcomes.applied).toBeGreaterThan(20);
	expect(outcomes.refused).toBeGreaterThan(20);
});
