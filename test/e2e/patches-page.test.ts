import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRetakeError } from "@retake/base";
import { defaultPatchLimits } from "@retake/changeset";
import { evaluate } from "@retake/evaluator";
import { openRuntime } from "@retake/runtime";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/patches.md"), "utf8");

const creation = (path: string): string =>
	`diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`;
const hunk = (header: string, body: string): string => `--- a/a.txt\n+++ b/a.txt\n${header}\n${body}`;

/** For each row of the page's table: words by which to find it, and patches that it is about. */
const rows: readonly { readonly words: string; readonly patches: readonly string[] }[] = [
	{ words: "an empty patch", patches: ["", "just prose\n", "\0\0"] },
	{
		words: "a hunk that is cut off",
		patches: [hunk("@@ -1,2 +1,2 @@", " one\n"), hunk("@@ -1 +1 @@", "-one\n+1\n+2\n"), hunk("@@ -1 +1 @@", " one\n")],
	},
	{
		words: "without the bytes",
		patches: ["diff --git a/b b/b\nindex 1234567..7654321 100644\nBinary files a/b and b/b differ\n"],
	},
	{
		words: "submodules",
		patches: ["diff --cc a.txt\n", "diff --git a/m b/m\nnew file mode 160000\nindex 0000000..1234567\n"],
	},
	{ words: "becomes a link in place", patches: ["diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 120000\n"] },
	{
		words: "names its file in two ways",
		patches: ["diff --git a/a.txt b/b.txt\n--- a/a.txt\n+++ b/b.txt\n@@ -1 +1 @@\n-one\n+1\n"],
	},
	{
		words: "lines that are not there",
		patches: [hunk("@@ -1 +1 @@", "-other\n+1\n"), creation("a.txt"), "--- a/no\n+++ b/no\n@@ -1 +1 @@\n-x\n+y\n"],
	},
	{ words: "a path that is absolute", patches: [creation("../out"), creation("./a"), creation("a//b")] },
	{ words: "in any spelling", patches: [creation(".git/hooks/x"), creation("deep/.GIT/x"), creation(".retake/x")] },
	{ words: "behind a symbolic link", patches: [creation("link/x")] },
];

test.each(rows)("a candidate that is $words is refused as the page says", async ({ words, patches }) => {
	const row = page.split("\n").find((line) => line.startsWith("|") && line.includes(words)) ?? "";
	const [, code, verdict] = /\| `([A-Z_]+)` \| `([a-z-]+)` \|$/.exec(row) ?? [];
	using workspace = scratchWorkspace({ "a.txt": "one\ntwo\n" });
	symlinkSync("/etc", join(workspace.path, "link"));
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	const base = await runtime.freeze("worktree");
	for (const patch of patches) {
		await using session = await runtime.startSession({ base, kind: "library", title: "patch", program: null });
		const refusal: unknown = await session.call("apply_patch", { patch }).catch((error: unknown) => error);
		expect(isRetakeError(refusal) ? refusal.code : refusal, JSON.stringify(patch)).toBe(code);
	}
	const evaluation = await evaluate(runtime, {
		checks: [{ name: "never run", command: "true" }],
		candidates: patches.map((patch, index) => ({ kind: "patch", name: String(index), patch: Buffer.from(patch) })),
	});
	expect(evaluation.candidates.map((candidate) => candidate.verdict)).toEqual(patches.map(() => verdict));
});

test("the limits of the page are those in force", () => {
	for (const limit of Object.values(defaultPatchLimits)) {
		const shown = limit % 1024 ** 2 === 0 ? `${limit / 1024 ** 2} MiB` : limit.toLocaleString("en-US");
		expect(page).toMatch(new RegExp(`^\\| .* \\| ${shown}[;| ]`, "m"));
	}
});
