import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };

const patch = `--- a/greeting.txt
+++ b/greeting.txt
@@ -1 +1 @@
-hello
+good morning
`;

test("the tarball installs into an empty prefix, and evaluates a candidate there", () => {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-pack-"));
	const run = (program: string, ...words: string[]): string =>
		execFileSync(program, words, {
			cwd: scratch.path,
			encoding: "utf8",
			env: environment,
			stdio: ["ignore", "pipe", "pipe"],
		});

	const printed = run(process.execPath, join(root, "scripts/pack-retake.ts"));
	const tarball = printed.trimEnd().split("\n").at(-1) ?? "";
	const { version } = JSON.parse(readFileSync(join(root, "packages/retake/package.json"), "utf8"));
	expect(tarball).toMatch(new RegExp(`/retake-${version}\\.tgz$`));
	run("npm", "install", "--global", "--no-audit", "--no-fund", "--prefix", join(scratch.path, "prefix"), tarball);
	const retake = join(scratch.path, "prefix/bin/retake");
	expect(run(retake, "--version").trim()).toBe(version);

	using workspace = mkdtempDisposableSync(join(tmpdir(), "retake-pack-workspace-"));
	writeFileSync(join(workspace.path, "greeting.txt"), "hello\n");
	writeFileSync(join(scratch.path, "morning.patch"), patch);
	const words = ["--check", "polite=grep -q morning greeting.txt", "--candidate", join(scratch.path, "morning.patch")];
	const evaluation = JSON.parse(run(retake, "eval", "--workspace", workspace.path, ...words, "--json"));
	expect(evaluation).toMatchObject({ selected: "morning", candidates: [{ name: "morning", verdict: "pass" }] });
	expect(readFileSync(join(workspace.path, "greeting.txt"), "utf8")).toBe("hello\n");
}, 400_000);

test("the workspace's own command works from any directory", () => {
	const { version } = JSON.parse(readFileSync(join(root, "packages/retake/package.json"), "utf8"));
	const command = join(root, "node_modules/.bin/retake");
	expect(execFileSync(command, ["--version"], { cwd: tmpdir(), encoding: "utf8" }).trim()).toBe(version);
});
