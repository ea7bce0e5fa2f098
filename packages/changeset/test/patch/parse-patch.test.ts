import { Buffer } from "node:buffer";
import {
	applyPatch,
	applyToTree,
	type Blobs,
	createMemoryBlobs,
	createMemoryTree,
	defaultPatchLimits,
	diffTrees,
	formatPatch,
	parsePatch,
	treePath,
} from "@retake/changeset";
import { expect, test } from "vitest";
import { file, treeOf } from "../model/model-tree.ts";
import { processorMs } from "../model/processor-time.ts";

const parse = (text: string) => parsePatch(Buffer.from(text, "latin1")).files;
const body = "@@ -1 +1 @@\n-a\n+b\n";

test.each([
	["git's prefixes", `diff --git a/x/y b/x/y\n--- a/x/y\n+++ b/x/y\n${body}`, "x/y"],
	["git without prefixes", `diff --git a/x a/x\n--- a/x\n+++ a/x\n${body}`, "a/x"],
	["git's mnemonic prefixes", `diff --git i/x w/x\n--- i/x\n+++ w/x\n${body}`, "x"],
	["plain with prefixes", `--- a/x\n+++ b/x\n${body}`, "x"],
	["plain without prefixes", `--- src/x\n+++ src/x\n${body}`, "src/x"],
	[
		"plain between two directories",
		`--- old/src/x\t2024-01-01 00:00:00\n+++ new/src/x\t2024-01-01 00:00:00\n${body}`,
		"src/x",
	],
	["plain against a saved copy", `--- x.orig\n+++ x\n${body}`, "x"],
	["a name with spaces", `diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n${body}`, "a b"],
	[
		"a quoted name",
		`diff --git "a/\\303\\274\\tx" "b/\\303\\274\\tx"\n--- "a/\\303\\274\\tx"\n+++ "b/\\303\\274\\tx"\n${body}`,
		"ü\tx",
	],
	["a name that is not UTF-8", `--- "a/\\377"\n+++ "b/\\377"\n${body}`, "\udcff"],
	[
		"a mail",
		`From 1 Mon\nSubject: [PATCH] x\n\n---\n x | 2 +-\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n${body}-- \n2.39.5\n`,
		"x",
	],
	["headers with carriage returns", `diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n${body}`, "x"],
	["a mode alone", "diff --git a/a b b/a b\nold mode 100644\nnew mode 100755\n", "a b"],
])("the path is read from %s", (_, patch, path) => {
	expect(parse(patch).map((one) => one.path)).toEqual([path]);
});

test("a file dated at the epoch is no file", () => {
	const stamp = "2024-01-01 00:00:00.000000000 +0000";
	const epoch = "1970-01-01 01:00:00.000000000 +0100";
	expect(parse(`--- x\t${epoch}\n+++ x\t${stamp}\n@@ -0,0 +1 @@\n+b\n`)[0]?.kind).toBe("create");
	expect(parse(`--- x\t${stamp}\n+++ x\t${epoch}\n@@ -1 +0,0 @@\n-b\n`)[0]?.kind).toBe("delete");
});

test("lines keep their carriage returns, and a stripped context line is an empty one", () => {
	const blobs = createMemoryBlobs();
	const tree = treeOf(new Map([[treePath("x"), file(blobs, "a\r\n\nc\r\n")]]), blobs);
	const patch = parsePatch(Buffer.from("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\r\n+A\r\n\n c\r\n"));
	const after = applyToTree(tree, applyPatch({ patch, tree, blobs }));
	expect(Buffer.concat([...after.chunks(treePath("x"))]).toString()).toBe("A\r\n\nc\r\n");
});

test("directories come and go with their files", () => {
	const blobs = createMemoryBlobs();
	const tree = treeOf(new Map([[treePath("old/deep/x"), file(blobs, "a\n")]]), blobs);
	const patch = parsePatch(
		Buffer.from(
			"diff --git a/old/deep/x b/new/deep/x\nsimilarity index 100%\nrename from old/deep/x\nrename to new/deep/x\n",
		),
	);
	const { changes } = applyPatch({ patch, tree, blobs });
	expect(changes.map(({ path, now }) => `${now === null ? "-" : "+"}${path}`)).toEqual([
		"+new",
		"+new/deep",
		"+new/deep/x",
		"-old",
		"-old/deep",
		"-old/deep/x",
	]);
	expect(changes[0]?.now).toEqual({ kind: "directory", mode: 0o755 });
});

test("a file larger than any limit moves and changes its mode, never whole in memory", () => {
	const size = defaultPatchLimits.contentBytes * 4;
	const kept = createMemoryBlobs();
	const content = kept.write(Buffer.from("stands for it"));
	const source = createMemoryTree([{ path: treePath("x"), node: { kind: "file", mode: 0o644, size, content } }], kept);
	let chunksWritten = 0;
	const blobs: Blobs = {
		...createMemoryBlobs(),
		writeChunks(chunks) {
			for (const _ of chunks) chunksWritten++;
			return { id: content, size };
		},
	};
	const header = "diff --git a/x b/y\nold mode 100644\nnew mode 100755\nrename from x\nrename to y\n";
	const { changes } = applyPatch({ patch: parsePatch(Buffer.from(header)), tree: source, blobs });
	expect(changes.map(({ path, now }) => [path, now])).toEqual([
		["x", null],
		["y", { kind: "file", mode: 0o755, size, content }],
	]);
	expect(chunksWritten).toBe(1);
});

test("two files trade places", () => {
	const blobs = createMemoryBlobs();
	const [one, two] = [file(blobs, "one\n"), file(blobs, "two\n")];
	const tree = treeOf(
		new Map([
			[treePath("x"), one],
			[treePath("y"), two],
		]),
		blobs,
	);
	const rename = (from: string, to: string) => `diff --git a/${from} b/${to}\nrename from ${from}\nrename to ${to}\n`;
	const patch = parsePatch(Buffer.from(rename("x", "y") + rename("y", "x")));
	const after = applyToTree(tree, applyPatch({ patch, tree, blobs }));
	expect([after.lookup(treePath("x")), after.lookup(treePath("y"))]).toEqual([two, one]);
});

test("texts with nothing in common, and texts of one line repeated, are compared in bounded time", () => {
	const blobs = createMemoryBlobs();
	const pairs = [
		[
			Array.from({ length: 40_000 }, (_, index) => `old ${index}\n`),
			Array.from({ length: 40_000 }, (_, index) => `new ${index}\n`),
		],
		[
			Array.from({ length: 40_000 }, (_, index) => `${index % 2}\n`),
			Array.from({ length: 40_000 }, (_, index) => `${index % 3}\n`),
		],
	] as const;
	for (const [old, now] of pairs) {
		const before = treeOf(new Map([[treePath("x"), file(blobs, old.join(""))]]), blobs);
		const after = treeOf(new Map([[treePath("x"), file(blobs, now.join(""))]]), blobs);
		const started = processorMs();
		const changeset = diffTrees(before, after);
		const patch = formatPatch(changeset, blobs);
		expect(processorMs() - started).toBeLessThan(5000);
		expect(applyPatch({ patch: parsePatch(patch), tree: before, blobs })).toEqual(changeset);
	}
});

test("what git does not keep is said in lines that readers skip", () => {
	const blobs = createMemoryBlobs();
	const before = treeOf(new Map([[treePath("x"), file(blobs, "a\n")]]), blobs);
	const changes = [
		{ path: treePath("empty"), was: null, now: { kind: "directory", mode: 0o755 } },
		{ path: treePath("x"), was: before.lookup(treePath("x")), now: file(blobs, "b\n", 0o600) },
	] as const;
	const patch = formatPatch({ kind: "changeset", changes }, blobs);
	expect(Buffer.from(patch).toString().split("\n").slice(0, 3)).toEqual([
		"# not in a git diff: new empty directory empty",
		"# not in a git diff: file mode 0600 of x",
		"diff --git a/x b/x",
	]);
	expect(applyPatch({ patch: parsePatch(patch), tree: before, blobs }).changes.map(({ path }) => path)).toEqual(["x"]);
	expect(formatPatch({ kind: "changeset", changes: [] }, blobs)).toHaveLength(0);
});
