import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const harmless = "--- /dev/null\n+++ b/harmless.txt\n@@ -0,0 +1 @@\n+harmless\n";
const creating = (name: string): string => `--- /dev/null\n+++ ${name}\n@@ -0,0 +1 @@\n+owned\n`;
const git = (from: string, to: string, rest: string): string => `diff --git ${from} ${to}\n${rest}`;

const patches: Readonly<Record<string, string>> = {
	"one level up": creating("b/../owned"),
	"many levels up": creating(`b/${"../".repeat(20)}tmp/owned`),
	"up in the middle": creating("b/folder/../../owned"),
	absolute: creating("/tmp/owned"),
	"absolute behind the prefix": creating("b//tmp/owned"),
	"NUL in a quoted name": creating('"b/owned\\000.txt"'),
	"quoted dots": creating('"b/\\056\\056/owned"'),
	"rename to the outside": git(
		"a/README.md",
		"b/../owned",
		"similarity index 100%\nrename from README.md\nrename to ../owned\n",
	),
	"copy from the outside": git("a/../secret", "b/owned", "similarity index 100%\ncopy from ../secret\ncopy to owned\n"),
	"into the git directory": creating("b/.git/hooks/pre-commit"),
	"git directory by another case": creating("b/sub/.GiT/config"),
	"git directory by its short name": creating("b/git~1/config"),
	"git directory by an ignored character": creating("b/.g\u200cit/config"),
	"into the store": creating("b/.retake/journal/forged"),
	"through a link of its own": `${git("a/way-out", "b/way-out", "new file mode 120000\n--- /dev/null\n+++ b/way-out\n@@ -0,0 +1 @@\n+/tmp\n\\ No newline at end of file\n")}${creating("b/way-out/owned")}`,
	submodule: git(
		"a/sub",
		"b/sub",
		`new file mode 160000\nindex 0000000..${"1".repeat(7)}\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit ${"1".repeat(40)}\n`,
	),
	"deletion of the outside": "--- a/../canary\n+++ /dev/null\n@@ -1 +0,0 @@\n-secret\n",
};

hostileRow({
	id: "H23",
	attack: "'..', absolute and NUL paths in a patch",
	sealed: async (arena) => {
		// The patch is the candidate, so no command is run; one stands for the record.
		await arena.shell("true");
		for (const [name, patch] of Object.entries(patches)) {
			const refused = arena.session.call("apply_patch", { patch: harmless + patch });
			await expect(refused, name).rejects.toMatchObject({
				code: expect.stringMatching(/^(PATH_REFUSED|PATCH_INVALID|PATCH_CONFLICT)$/),
			});
			expect(arena.session.changes().changes, name).toEqual([]);
		}
		// Each was refused for its own part: the harmless one alone applies.
		expect(await arena.session.call("apply_patch", { patch: harmless })).toEqual({ changedPaths: ["harmless.txt"] });
		const count = Object.keys(patches).length;
		return `${count} of ${count} refused whole`;
	},
	control: async (ground) => {
		const root = join(ground.directory, "tree");
		mkdirSync(root);
		const name = `${relative(root, ground.tripwires.directory)}/owned`;
		writeFileSync(join(root, name), "owned");
		expect(readdirSync(ground.tripwires.directory)).toContain("owned");
		return "join and write escapes";
	},
});
