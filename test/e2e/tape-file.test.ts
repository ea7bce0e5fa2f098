import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

interface Exported {
	readonly runs: readonly { readonly runId: string; readonly rootHash: string }[];
}

describe("a run in one file", () => {
	let workspace: ScratchWorkspace;
	let file: string;
	let exported: Exported;

	beforeAll(async () => {
		workspace = scratchWorkspace({
			"sum.txt": "1\n",
			"fix.patch": "--- a/sum.txt\n+++ b/sum.txt\n@@ -1 +1 @@\n-1\n+2\n",
		});
		file = join(workspace.path, "evaluation.retake");
		const words = [
			"--check",
			"sum=test $(cat sum.txt) = 2",
			"--candidate",
			"fix.patch",
			"--candidate-cmd",
			"wrong=echo 3 > sum.txt",
		];
		expect((await retake(workspace.path, "eval", ...words)).exitCode).toBe(0);
		const { runs } = JSON.parse((await retake(workspace.path, "runs", "--json")).stdout) as {
			runs: { runId: string; kind: string }[];
		};
		const evaluation = runs.find(({ kind }) => kind === "evaluation")?.runId ?? "";
		const written = await retake(workspace.path, "export", evaluation, "--to", file, "--json");
		expect(written.exitCode, written.stderr).toBe(0);
		exported = JSON.parse(written.stdout) as Exported;
		return () => workspace[Symbol.dispose]();
	});

	test("is whole by itself, and elsewhere replays, compares and commits as where it was made", async () => {
		expect(exported.runs).toHaveLength(3);
		expect(readdirSync(workspace.path).filter((name) => name.startsWith("evaluation.retake"))).toEqual([
			"evaluation.retake",
		]);
		using elsewhere = scratchWorkspace({ "sum.txt": "1\n" });
		const imported = await retake(elsewhere.path, "import", file, "--json");
		expect(imported.exitCode, imported.stderr).toBe(0);
		expect(JSON.parse(imported.stdout)).toMatchObject({
			runs: exported.runs.map(({ runId, rootHash }) => ({ runId, rootHash, outcome: "copied" })),
		});
		const [evaluation, ...candidates] = exported.runs.map(({ runId }) => runId);
		for (const run of [evaluation, ...candidates]) {
			const replayed = await retake(elsewhere.path, "replay", String(run));
			expect(replayed.exitCode, replayed.stdout + replayed.stderr).toBe(0);
		}
		expect((await retake(elsewhere.path, "diff", String(candidates[0]), String(candidates[1]))).exitCode).toBe(1);
		expect((await retake(elsewhere.path, "gc")).exitCode).toBe(0);
		expect((await retake(elsewhere.path, "commit", String(evaluation))).exitCode).toBe(0);
		expect(readFileSync(join(elsewhere.path, "sum.txt"), "utf8")).toBe("2\n");
		// A second time nothing is taken in twice.
		const again = await retake(elsewhere.path, "import", file, "--json");
		expect(JSON.parse(again.stdout)).toMatchObject({
			runs: [{ outcome: "there" }, { outcome: "there" }, { outcome: "there" }],
		});
	});

	test("is refused, and nothing of it taken in, where one byte of an event, a content or a changeset was changed", async () => {
		const edits = [
			"UPDATE event SET bytes = CAST(bytes || x'00' AS BLOB) WHERE id = (SELECT max(id) - 3 FROM event)",
			"DELETE FROM event WHERE id = (SELECT max(id) - 2 FROM event)",
			"UPDATE event SET chain = zeroblob(32) WHERE id = (SELECT max(id) FROM event)",
			"UPDATE run SET verdict = 'pass' WHERE verdict = 'fail'",
			"UPDATE blob_chunk SET bytes = CAST(x'39' || substr(bytes, 2) AS BLOB), encoding = 0",
			"UPDATE changeset SET bytes = CAST(bytes || x'00' AS BLOB)",
			"UPDATE run SET header = CAST(header || x'00' AS BLOB)",
		];
		for (const edit of edits) {
			using elsewhere = scratchWorkspace({});
			const forged = join(elsewhere.path, "forged.retake");
			copyFileSync(file, forged);
			const database = new Database(forged);
			expect(database.prepare(edit).run().changes, edit).toBeGreaterThan(0);
			database.close();
			const imported = await retake(elsewhere.path, "import", forged, "--json");
			expect([3, 4], edit).toContain(imported.exitCode);
			expect((JSON.parse(imported.stdout) as { error: { code: string } }).error.code, edit).toMatch(
				/TRACE_TAMPERED|STORE_DAMAGED/,
			);
			const { runs } = JSON.parse((await retake(elsewhere.path, "runs", "--json")).stdout) as { runs: unknown[] };
			expect(runs, edit).toEqual([]);
		}
	});

	test("is refused where it is cut off, no tape, of a newer version, or has a view for a table", async () => {
		using elsewhere = scratchWorkspace({ "text.retake": "no tape\n" });
		const variant = (name: string, change: (path: string) => void): string => {
			const path = join(elsewhere.path, name);
			copyFileSync(file, path);
			change(path);
			return path;
		};
		const execute = (statements: string) => (path: string) => {
			const database = new Database(path);
			database.unsafeMode();
			database.exec(statements);
			database.close();
		};
		const cases: readonly [path: string, code: string][] = [
			[variant("cut.retake", (path) => truncateSync(path, 20_000)), "STORE_DAMAGED"],
			[variant("newer.retake", execute("PRAGMA user_version = 99")), "STORE_NEWER"],
			[
				variant("view.retake", execute("ALTER TABLE fact RENAME TO old; CREATE VIEW fact AS SELECT * FROM old")),
				"STORE_DAMAGED",
			],
			[join(elsewhere.path, "text.retake"), "STORE_DAMAGED"],
			[join(elsewhere.path, "absent.retake"), "USAGE"],
		];
		for (const [path, code] of cases) {
			const imported = await retake(elsewhere.path, "import", path, "--json");
			expect((JSON.parse(imported.stdout) as { error: { code: string } }).error.code, path).toBe(code);
		}
	});

	test("is never written over a file that is there, nor left in part", async () => {
		const over = join(workspace.path, "mine.txt");
		writeFileSync(over, "mine\n");
		for (const format of ["retake", "jsonl", "otlp"]) {
			const refused = await retake(workspace.path, "export", "@last", "--to", over, "--format", format);
			expect(refused.exitCode).toBe(2);
		}
		expect(readFileSync(over, "utf8")).toBe("mine\n");
		mkdirSync(join(workspace.path, "full"));
		const absent = await retake(workspace.path, "export", "@last", "--to", join(workspace.path, "absent/x.retake"));
		expect(absent.exitCode).not.toBe(0);
		expect(existsSync(join(workspace.path, "absent"))).toBe(false);
	});

	test("can be lines of JSON, or spans of OpenTelemetry that nest as the calls do", async () => {
		const lines = join(workspace.path, "evaluation.jsonl");
		await retake(workspace.path, "export", String(exported.runs[0]?.runId), "--to", lines);
		const read = readFileSync(lines, "utf8")
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line) as { kind: string; runId: string });
		expect(read.filter(({ kind }) => kind === "run").map(({ runId }) => runId)).toEqual(
			exported.runs.map(({ runId }) => runId),
		);
		expect(read.filter(({ kind }) => kind === "call").length).toBeGreaterThan(3);

		const spansFile = join(workspace.path, "spans.json");
		await retake(workspace.path, "export", String(exported.runs[0]?.runId), "--to", spansFile, "--format", "otlp");
		const { resourceSpans } = JSON.parse(readFileSync(spansFile, "utf8")) as {
			resourceSpans: { scopeSpans: { spans: { spanId: string; parentSpanId?: string; name: string }[] }[] }[];
		};
		const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
		const ids = new Set(spans.map(({ spanId }) => spanId));
		expect(ids.size).toBe(spans.length);
		expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
		for (const { parentSpanId } of spans) if (parentSpanId !== undefined) expect(ids).toContain(parentSpanId);
		expect(spans.map(({ name }) => name)).toEqual(
			expect.arrayContaining(["execute_tool exec", "execute_tool apply_patch"]),
		);
	});
});
