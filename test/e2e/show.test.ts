import { openSession } from "retake";
import { beforeAll, describe, expect, test } from "vitest";
import { retake, startRetake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

interface Shown {
	readonly calls: readonly { readonly address: string; readonly tool: string }[];
}

describe("the calls that are shown", () => {
	let workspace: ScratchWorkspace;

	beforeAll(async () => {
		workspace = scratchWorkspace({ "a.txt": "first\n", "src/b.txt": "second\n" });
		await using session = await openSession({ workspace: workspace.path });
		await session.call("read_file", { path: "a.txt" });
		await session.call("exec", { argv: ["sh", "-c", "echo Needle >&2; exit 3"] });
		await session.call("write_file", { path: "src/c.txt", content: 'a line\nwith "quotes"\n' });
		await session.call("read_file", { path: "absent" }).catch(() => {});
		await session.call("exec", { argv: ["true"] });
		await session.keep({ verdict: "done", failed: false });
		return () => workspace[Symbol.dispose]();
	});

	test.each([
		[
			["--tool", "exec"],
			["/#1", "/#4"],
		],
		[
			["--tool", "exec", "--tool", "write_file"],
			["/#1", "/#2", "/#4"],
		],
		[
			["--status", "failed"],
			["/#1", "/#3"],
		],
		[["--tool", "exec", "--status", "ok"], ["/#4"]],
		[["--path", "src/**"], ["/#2"]],
		[["--path", "*.txt"], []],
		[["--text", "needle"], ["/#1"]],
		[["--text", 'with "quotes"'], ["/#2"]],
		[["--text", "FILE_NOT_FOUND"], ["/#3"]],
	])("by %j are %j", async (words, addresses) => {
		const { exitCode, stdout, stderr } = await retake(workspace.path, "show", "@last", ...words, "--json");
		expect(exitCode, stderr).toBe(0);
		expect((JSON.parse(stdout) as Shown).calls.map(({ address }) => address)).toEqual(addresses);
		const { stdout: text } = await retake(workspace.path, "show", "@last", ...words);
		expect(text).toContain(`${addresses.length} of 5 calls`);
	});

	test("are no others for a status that there is not", async () => {
		expect((await retake(workspace.path, "show", "@last", "--status", "fine")).exitCode).toBe(2);
	});
});

test("a run that another process records is followed, call by call, to its end", async () => {
	using workspace = scratchWorkspace({ "a.txt": "first\n" });
	await using session = await openSession({ workspace: workspace.path });
	const following = startRetake(workspace.path, ["show", session.runId, "--follow"]);
	await session.call("write_file", { path: "b.txt", content: "second\n" });
	await following.shows("/#0  write_file  ok");
	const cancelling = new AbortController();
	const long = session.call("exec", { argv: ["sleep", "300"] }, { signal: cancelling.signal });
	await following.shows("/#1  exec  …  sleep 300");
	cancelling.abort();
	await long;
	await following.shows("/#1  exec  cancelled");
	await session.keep({ verdict: "looked at", failed: false });
	const followed = await following.ended;
	expect(followed.exitCode).toBe(0);
	expect(followed.stdout).toMatch(/^\/#0 {2}write_file {2}ok {2}\d+ m?s {2}1 changed {2}b\.txt$/m);
	expect(followed.stderr).toContain("has ended: looked at, kept");
});

test("following ends cleanly on Ctrl-C", async () => {
	using workspace = scratchWorkspace({ "a.txt": "first\n" });
	await using session = await openSession({ workspace: workspace.path });
	await session.call("exec", { argv: ["true"] });
	const following = startRetake(workspace.path, ["show", session.runId, "--follow"]);
	await following.shows("/#0  exec  exit 0");
	following.child.kill("SIGINT");
	expect((await following.ended).exitCode).toBe(130);
});
