import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gcDocument } from "../../packages/retake/src/json/gc-document.ts";
import { runDocument } from "../../packages/retake/src/json/run-document.ts";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const git = (directory: string, ...words: string[]): void => {
	const author = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
	execFileSync("git", ["-C", directory, ...author, ...words], { stdio: "ignore" });
};
const json = async <Document>(
	directory: string,
	schema: { readonly parse: (value: unknown) => Document },
	...[verb = "", ...words]: string[]
): Promise<Document> => schema.parse(JSON.parse((await retake(directory, verb, "--json", ...words)).stdout));

test("gc counts what it would free, frees just that, and leaves what a kept run needs", {
	timeout: 120_000,
}, async () => {
	using workspace = scratchWorkspace({ a: "committed\n" });
	const { path } = workspace;
	git(path, "init", "-q");
	git(path, "add", "-A");
	git(path, "commit", "-qm", "first");
	writeFileSync(join(path, "a"), "edited\n");
	writeFileSync(join(path, "secret.pem"), "not for candidates");
	await json(path, runDocument, "run", "--base", "HEAD", "--", "sh", "-c", "echo first > b");
	const kept = await json(path, runDocument, "run", "--exclude", "*.pem", "--", "sh", "-c", "ls > b");
	expect(kept).toMatchObject({ submodules: [], changedPaths: ["b"] });
	expect((await retake(path, "changes", kept.runId, "--patch")).stdout).not.toContain("secret.pem");
	mkdirSync(join(path, ".retake/displaced/one"), { recursive: true });
	writeFileSync(join(path, ".retake/displaced/one/0"), "somebody's");

	const nothing = { runs: 0, snapshots: 0, trees: 0, displaced: 0 };
	expect(await json(path, gcDocument, "gc")).toMatchObject({ dryRun: false, ...nothing });
	const trees = readdirSync(join(path, ".retake/trees"));
	const asked = ["gc", "--keep", "1", "--displaced"];
	const counted = await json(path, gcDocument, ...asked, "--dry-run");
	expect(counted).toMatchObject({ dryRun: true, runs: 1, snapshots: 1, trees: 1, displaced: 1 });
	expect(counted.treeBytes).toBeGreaterThan(0);
	expect(readdirSync(join(path, ".retake/trees"))).toEqual(trees);
	expect(existsSync(join(path, ".retake/displaced/one/0"))).toBe(true);
	expect(await json(path, gcDocument, ...asked)).toEqual({ ...counted, dryRun: false });
	expect(readdirSync(join(path, ".retake/trees")).length).toBeLessThan(trees.length);
	expect(existsSync(join(path, ".retake/displaced/one"))).toBe(false);
	expect((await retake(path, "replay", kept.runId, "--verify")).exitCode).toBe(0);
	expect((await retake(path, "gc", "--keep", "some")).exitCode).toBe(2);
});
