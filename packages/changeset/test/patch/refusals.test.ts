import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { type ErrorCode, isRetakeError, type RetakeError } from "@retake/base";
import { applyPatch, createMemoryBlobs, defaultPatchLimits, parsePatch, treePath } from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { git, scratchDirectory, writeTree } from "../model/directory.ts";
import { file, treeOf } from "../model/model-tree.ts";
import { processorMs } from "../model/processor-time.ts";

const blobs = createMemoryBlobs();

const tree = treeOf(
	new Map([
		[treePath("kept.txt"), file(blobs, "one\ntwo\nthree\n")],
		[treePath("dir/inner.txt"), file(blobs, "inner\n")],
		[treePath("link"), { kind: "symlink", target: "dir" }],
		[treePath("outside"), { kind: "symlink", target: "/tmp" }],
		[treePath("empty.txt"), file(blobs, "")],
	]),
	blobs,
);

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

const edit = (path: string): string => `--- a/${path}\n+++ b/${path}\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n`;
const create = (path: string): string =>
	`diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`;

function refusal(patch: string): RetakeError | null {
	try {
		applyPatch({ patch: parsePatch(bytes(patch)), tree, blobs });
		return null;
	} catch (error) {
		if (isRetakeError(error)) return error;
		throw error;
	}
}

function gitAccepts(patch: string): boolean {
	using scratch = scratchDirectory();
	writeTree(tree, scratch.path);
	return git(scratch.path, ["apply"], bytes(patch)).status === 0;
}

test("the patches that the refusals below spoil are accepted as they are", () => {
	for (const patch of [edit("kept.txt"), create("new/file.txt")]) {
		expect(refusal(patch), patch).toBeNull();
		expect(gitAccepts(patch), patch).toBe(true);
	}
});

const refusedByGitToo: readonly (readonly [string, ErrorCode, string])[] = [
	["empty input", "PATCH_INVALID", ""],
	["prose alone", "PATCH_INVALID", "Dear all,\n\nplease find no patch here.\n"],
	["a truncated hunk", "PATCH_INVALID", edit("kept.txt").slice(0, -8)],
	["a hunk cut before its last line feed", "PATCH_INVALID", edit("kept.txt").slice(0, -1)],
	["a hunk that belongs to no file", "PATCH_INVALID", "@@ -1 +1 @@\n-a\n+b\n"],
	["an unknown sign in a hunk", "PATCH_INVALID", edit("kept.txt").replace(" one", "?one")],
	[
		"a binary file without its bytes",
		"PATCH_INVALID",
		"diff --git a/x b/x\nindex 1234567..7654321 100644\nBinary files a/x and b/x differ\n",
	],
	["a new file with old lines", "PATCH_INVALID", create("n").replace("@@ -0,0 +1 @@\n", "@@ -1 +1 @@\n-y\n")],
	["an absolute path", "PATH_REFUSED", create("/etc/evil")],
	["a path that climbs", "PATH_REFUSED", create("../evil")],
	["a path that climbs from inside", "PATH_REFUSED", create("dir/../../evil")],
	["a hook", "PATH_REFUSED", create(".git/hooks/post-checkout")],
	["a hook for a file system without case", "PATH_REFUSED", create("sub/.GIT/hooks/post-checkout")],
	["a write behind a link", "PATH_REFUSED", create("link/evil")],
	["a write behind a link to the outside", "PATH_REFUSED", create("outside/evil")],
	[
		"a link and a write behind it",
		"PATH_REFUSED",
		`diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/tmp\n\\ No newline at end of file\n${create("l/evil")}`,
	],
	["an edit behind a link", "PATH_REFUSED", edit("link/inner.txt")],
	["context that differs", "PATCH_CONFLICT", edit("kept.txt").replace(" three", " 3")],
	["a file that is not there", "PATCH_CONFLICT", edit("absent.txt")],
	["a file that is there already", "PATCH_CONFLICT", create("kept.txt")],
	["a file where a directory is", "PATCH_CONFLICT", create("dir")],
	["a file below a file", "PATCH_CONFLICT", create("kept.txt/below")],
	["a text patch of a link", "PATCH_CONFLICT", edit("link")],
	[
		"a deletion of a file that holds more",
		"PATCH_CONFLICT",
		"--- a/kept.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n",
	],
	["a good file and a bad one", "PATCH_CONFLICT", `${edit("kept.txt")}${edit("absent.txt")}`],
];

describe("refused, as git apply refuses", () => {
	test.each(refusedByGitToo)("%s", (_, code, patch) => {
		expect(refusal(patch)?.code).toBe(code);
		expect(gitAccepts(patch)).toBe(false);
	});
});

describe("refused where git is laxer", () => {
	const cases: readonly (readonly [string, ErrorCode, string])[] = [
		[
			"a submodule",
			"PATCH_INVALID",
			"diff --git a/s b/s\nnew file mode 160000\nindex 0000000..1111111\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit 1\n",
		],
		["a hunk longer than its header says", "PATCH_INVALID", `${edit("kept.txt")}+and more\n`],
		[
			"a deletion of what the patch has put there itself",
			"PATCH_CONFLICT",
			`${create("empty.txt")}diff --git a/empty.txt b/empty.txt\ndeleted file mode 100644\n--- a/empty.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`,
		],
		["our own directory", "PATH_REFUSED", create(".retake/store.db")],
		["a merge's diff", "PATCH_INVALID", "diff --cc x\nindex 1,2..3\n"],
	];
	test.each(cases)("%s", (_, code, patch) => {
		expect(refusal(patch)?.code).toBe(code);
	});
});

test("an invalid patch names its line, a conflict its hunk and the lines on both sides", () => {
	expect(refusal(`prose\n${edit("kept.txt").replace(" three", "?three")}`)?.data).toMatchObject({ line: 8 });
	expect(refusal(edit("kept.txt").replace(" three", " 3"))?.data).toMatchObject({
		path: "kept.txt",
		hunk: 1,
		line: 3,
		expected: ["one\n", "two\n", "3\n"],
		found: ["one\n", "two\n", "three\n"],
	});
});

describe("bounded", () => {
	const limitOf = (work: () => unknown): unknown => {
		try {
			work();
			return null;
		} catch (error) {
			return isRetakeError(error, "LIMIT_EXCEEDED") ? (error.data as { limit: string }).limit : error;
		}
	};

	test("a patch of 100 MB", () => {
		expect(limitOf(() => parsePatch(new Uint8Array(100_000_000)))).toBe("bytes");
	});

	test("a million hunks, too many lines, too many files", () => {
		const head = "--- a/x\n+++ b/x\n";
		expect(limitOf(() => parsePatch(bytes(head + "@@ -1 +1 @@\n-a\n+b\n".repeat(1_000_000))))).toBe("hunks");
		expect(limitOf(() => parsePatch(bytes(edit("x").repeat(11)), { ...defaultPatchLimits, files: 10 }))).toBe("files");
		expect(limitOf(() => parsePatch(bytes(edit("x")), { ...defaultPatchLimits, lines: 3 }))).toBe("lines");
	});

	test("paths of thousands of levels", () => {
		const deep = (index: number): string => create(`${index}/${"d/".repeat(4000)}x`);
		expect(refusal(create("d/".repeat(10_000) + "x"))?.code).toBe("PATCH_INVALID");
		const patch = parsePatch(bytes(Array.from({ length: 30 }, (_, index) => deep(index)).join("")));
		const started = processorMs();
		expect(limitOf(() => applyPatch({ patch, tree, blobs }))).toBe("directories");
		expect(processorMs() - started).toBeLessThan(5000);
	});

	test("a binary patch that unpacks to more than it says, or to more than is allowed", () => {
		const bomb = (size: number): string =>
			`diff --git a/x b/x\nnew file mode 100644\nindex ${"0".repeat(40)}..${"1".repeat(40)}\nGIT binary patch\nliteral ${size}\n${packedZeros}\n`;
		expect(refusal(bomb(10))?.code).toBe("PATCH_INVALID");
		expect(limitOf(() => parsePatch(bytes(bomb(10 ** 12))))).toBe("contentBytes");
	});

	test("a search for a place that is nowhere", () => {
		const same = treeOf(new Map([[treePath("x"), file(blobs, "same\n".repeat(200_000))]]), blobs);
		const hunk = `@@ -1000,3001 +1000,3002 @@\n${" same\n".repeat(3000)}+new\n same\n`;
		const patch = parsePatch(
			bytes(`--- a/x\n+++ b/x\n${hunk.replace("+new\n same", "+new\n-same\n other").replace("3001 ", "3002 ")}`),
		);
		expect(refusalOf(() => applyPatch({ patch, tree: same, blobs }))).toBe("PATCH_CONFLICT");
		const periodic = treeOf(new Map([[treePath("x"), file(blobs, `${"same\n".repeat(200_000)}other\nlast\n`)]]), blobs);
		const started = processorMs();
		expect(limitOf(() => applyPatch({ patch, tree: periodic, blobs }))).toBe("matchSteps");
		expect(processorMs() - started).toBeLessThan(5000);
	});
});

// One line of base 85 that holds deflated zeros.
const packedZeros = packedLine(deflateSync(new Uint8Array(4000)));

function packedLine(packed: Uint8Array): string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
	let line = String.fromCharCode(0x40 + packed.length);
	for (let index = 0; index < packed.length; index += 4) {
		let word = [0, 1, 2, 3].reduce((sum, offset) => sum * 256 + (packed[index + offset] ?? 0), 0);
		let group = "";
		for (let digit = 0; digit < 5; digit++, word = Math.floor(word / 85)) group = digits.charAt(word % 85) + group;
		line += group;
	}
	return `${line}\n`;
}

function refusalOf(work: () => unknown): string | null {
	try {
		work();
		return null;
	} catch (error) {
		if (isRetakeError(error)) return error.code;
		throw error;
	}
}
