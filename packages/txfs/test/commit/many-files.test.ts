import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recoverWorktree } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../../../test/bench/programs/commit-many.ts", import.meta.url));
const count = 1_000;
let root = "";
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "retake-many-files-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Kills a commit of a thousand files at one of its renames; the first two only try the file system. */
function killAt(rename: number): void {
	const kill = ["-e", "trace=renameat2", "-e", `inject=renameat2:signal=KILL:when=${rename}`];
	const args = ["-f", "-qqq", "-o", "/dev/null", ...kill, process.execPath, program, root];
	expect(() => execFileSync("strace", [...args, String(count)], { stdio: "pipe" })).toThrow();
}

const inPlace = (): number => readdirSync(root).filter((name) => name !== ".retake").length;

test.each([
	["its first file", 3, 0],
	["the middle", 503, 500],
	["its last file", 1_002, 999],
])(
	"a commit of 1,000 files of 4 KiB, killed at %s, is whole after one recovery and the next finds nothing",
	async (_where, rename, before) => {
		killAt(rename);
		expect(inPlace()).toBe(before);
		const start = performance.now();
		const report = await recoverWorktree(root);
		const took = Math.round(performance.now() - start);
		process.stdout.write(`R6: ${count} paths, ${before} in place before, recovered in ${took} ms\n`);
		expect(report).toMatchObject({ rolledForward: [{ commitId: "many" }], discarded: [] });
		expect(inPlace()).toBe(count);
		for (const number of [0, 499, 999]) {
			const bytes = readFileSync(join(root, `made-${number}`));
			expect(bytes.equals(Buffer.alloc(4096, `file ${number}\n`))).toBe(true);
		}
		expect(await recoverWorktree(root)).toEqual({ rolledForward: [], discarded: [] });
		expect(readdirSync(join(root, ".retake/journal"))).toEqual([]);
	},
);
