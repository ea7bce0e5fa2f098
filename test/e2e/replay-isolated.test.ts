import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluate } from "@retake/evaluator";
import { openRuntime, openSession } from "@retake/runtime";
import { needs } from "@retake/testkit";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const command = join(import.meta.dirname, "../../packages/retake/bin/retake.js");

/** Takes away every directory where a sandbox's programs lie, and the cgroups. */
const takeAway =
	"for place in /sys/fs/cgroup /usr/sbin /usr/bin; do /usr/bin/mount -t tmpfs none $place || exit 99; done";

/** Runs the command in a namespace of its own, without network, sandbox, git or shell, in an empty directory. */
function isolated(store: string, empty: string, [verb = "", ...words]: readonly string[]) {
	const program = [process.execPath, command, verb, "--store", store, "--json", ...words];
	const argv = [
		"--mount",
		"--net",
		"--propagation",
		"private",
		"/bin/sh",
		"-c",
		`${takeAway}; exec "$@"`,
		"sh",
		...program,
	];
	const environment = { PATH: "/nowhere", HOME: empty };
	const result = spawnSync("/usr/bin/unshare", argv, { cwd: empty, encoding: "utf8", env: environment });
	if (result.stdout === "") throw new Error(result.stderr);
	return { status: result.status, document: JSON.parse(result.stdout) };
}

test(
	"playback passes when sandbox, network and workspace are taken away, and a flipped byte is found",
	needs("root"),
	async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-isolated-"));
		const empty = join(scratch.path, "empty");
		mkdirSync(empty);
		const store = join(scratch.path, "store");
		{
			await using runtime = await openRuntime({ workspace: workspace.path });
			await evaluate(runtime, {
				checks: [{ name: "random", command: "head -c 9 /dev/urandom | od -x; date +%N; echo to stderr >&2; exit 3" }],
				candidates: [{ kind: "command", name: "agent", command: "echo b >> a.txt; date +%N > stamp" }],
			});
		}
		cpSync(join(workspace.path, ".retake/retake.db"), join(store, "retake.db"));

		// Control: what was taken away really is.
		const attempt = isolated(join(scratch.path, "other"), empty, ["run", "--", "true"]);
		expect(attempt).toMatchObject({ status: 3, document: { error: { code: "SANDBOX_UNAVAILABLE" } } });

		for (const run of ["@last", "@last-failed"]) {
			const { status, document } = isolated(store, empty, ["replay", run]);
			expect(document).toMatchObject({ divergences: [] });
			expect(document.rootHash.recomputed).toBe(document.rootHash.recorded);
			expect(document.served).toBe(document.calls);
			expect(status).toBe(0);
		}

		const database = new Database(join(store, "retake.db"));
		const { rowid, bytes } = database
			.prepare("SELECT rowid AS rowid, bytes FROM event ORDER BY rowid LIMIT 1 OFFSET 2")
			.get() as {
			readonly rowid: number;
			readonly bytes: Buffer;
		};
		bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
		expect(database.prepare("UPDATE event SET bytes = ? WHERE rowid = ?").run(bytes, rowid).changes).toBe(1);
		database.close();
		const runs = isolated(store, empty, ["runs"]).document.runs as { readonly runId: string }[];
		const errors = runs.map(({ runId }) => isolated(store, empty, ["replay", runId]).document.error?.code);
		expect(errors).toContain("TRACE_TAMPERED");
	},
);

test("a changed input is a divergence with its address and where it differs", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const { replay } = await import("retake");
	{
		await using session = await openSession({ workspace: workspace.path, sandbox: "none" });
		await session.call("read_file", { path: "a.txt" });
		await session.call("write_file", { path: "b.txt", content: "b" });
		await session.keep({ verdict: "done", failed: false });
	}
	const report = await replay("@last", {
		workspace: workspace.path,
		agent: async (session) => {
			await session.call("read_file", { path: "a.txt" });
			await session.call("write_file", { path: "b.txt", content: "changed" });
		},
	});
	expect(report.divergences).toMatchObject([
		{ kind: "input", address: { scope: "/", sequence: 1 }, inputDifference: [{ pointer: "/content" }] },
	]);
	expect(report.rootHash.recomputed).not.toBe(report.rootHash.recorded);
});
