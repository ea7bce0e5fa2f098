import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { deflateSync } from "node:zlib";
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
	"rename to the outside": git("a/README.md", "b/../owned", "similarity index 100%\nrename from README.md\nrename to ../owned\n"),
	"copy from the outside": git("a/../secret", "b/owned", "similarity index 100%\ncopy from ../secret\ncopy to owned\n"),
	"into the git directory": creating("b/.git/hooks/pre-commit"),
	"git directory by another case": creating("b/sub/.GiT/config"),
	"git directory by its short name": creating("b/git~1/config"),
	"git directory by an ignored character": creating("b/.g\u200cit/config"),
	"into the store": creating("b/.retake/journal/forged"),
	"through a link of its own": `${git("a/way-out", "b/way-out", "new file mode 120000\n--- /dev/null\n+++ b/way-out\n@@ -0,0 +1 @@\n+/tmp\n\\ No newline at end of file\n")}${creating("b/way-out/owned")}`,
	submodule: git("a/sub", "b/sub", `new file mode 160000\nindex 0000000..${"1".repeat(7)}\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit ${"1".repeat(40)}\n`),
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
			await expect(refused, name).rejects.toMatchObject({ code: expect.stringMatching(/^(PATH_REFUSED|PATCH_INVALID|PATCH_CONFLICT)$/) });
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
		const name = join("b", relative(root, ground.tripwires.directory), "owned").replace(/^b\//, "");
		writeFileSync(join(root, name), "owned");
		expect(readdirSync(ground.tripwires.directory)).toContain("owned");
		return "join and write escapes";
	},
});

/** A binary patch whose few kilobytes unpack to more than the limit. */
function bombPatch(bytes: number): string {
	const packed = deflateSync(Buffer.alloc(bytes));
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
	const encode = (word: number): string =>
		Array.from({ length: 5 }, (_, index) => alphabet[Math.floor(word / 85 ** (4 - index)) % 85]).join("");
	const lines: string[] = [];
	for (let start = 0; start < packed.length; start += 52) {
		const part = packed.subarray(start, start + 52);
		const padded = Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
		const length = String.fromCharCode(part.length <= 26 ? 64 + part.length : 70 + part.length);
		const words = Array.from({ length: padded.length / 4 }, (_, index) => encode(padded.readUInt32BE(index * 4)));
		lines.push(length + words.join(""));
	}
	return `diff --git a/bomb b/bomb\nnew file mode 100644\nindex ${"0".repeat(40)}..${"1".repeat(40)}\nGIT binary patch\nliteral ${bytes}\n${lines.join("\n")}\n\nliteral 0\nHcmV?d00001\n\n`;
}

hostileRow({
	id: "H30",
	attack: "a compression bomb, a patch of a million hunks, a pathological expression",
	limits: { timeoutMs: 20_000 },
	sealed: async (arena) => {
		await arena.shell("head -c 60000 /dev/zero | tr '\\0' a > aaa.txt; echo '!' >> aaa.txt");
		const timed = async (work: () => Promise<unknown>): Promise<number> => {
			const startedAt = performance.now();
			await work();
			return performance.now() - startedAt;
		};
		const before = process.memoryUsage().rss;
		const bomb = bombPatch(300 * 1024 ** 2);
		const bombMs = await timed(() =>
			expect(arena.session.call("apply_patch", { patch: bomb })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" }),
		);
		const hunks = `--- a/README.md\n+++ b/README.md\n${"@@ -1 +1 @@\n-a\n+b\n".repeat(1_000_000)}`;
		const hunksMs = await timed(() =>
			expect(arena.session.call("apply_patch", { patch: hunks })).rejects.toMatchObject({
				code: expect.stringMatching(/LIMIT_EXCEEDED|PATCH_INVALID/),
			}),
		);
		const searchMs = await timed(() => arena.session.call("search_files", { pattern: "^(a+)+$", regex: true }));
		for (const spent of [bombMs, hunksMs, searchMs]) expect(spent).toBeLessThan(10_000);
		expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 ** 2);
		return `refused in ${Math.round(bombMs)} and ${Math.round(hunksMs)} ms; searched in ${Math.round(searchMs)} ms`;
	},
	control: async (ground) => {
		const startedAt = performance.now();
		const script = `node -e 'console.log(/^(a+)+$/.test("a".repeat(28) + "!"))'`;
		const ended = await ground.perl("alarm 2; exec @ARGV", process.execPath, "-e", script.slice(9, -1));
		expect(ended.signal ?? ended.exitCode).toBe("SIGALRM");
		expect(performance.now() - startedAt).toBeGreaterThan(1900);
		return "a backtracking engine is still at 28 letters after 2 s";
	},
});
