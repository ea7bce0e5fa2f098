import { attributesAt, decodeAttributes, emptyAttributes, treePath } from "@retake/changeset";
import { readOutcome, readTrace } from "@retake/recorder";
import { type AgentSession, openRuntime, type Runtime } from "@retake/runtime";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const make = `
touch -d '2001-02-03 04:05:06.123456789 UTC' dated
truncate -s 1M sparse && printf end >> sparse
echo linked > one && ln one two
mkdir -p kept/empty && touch -d '1999-12-31 23:59:59.000000001 UTC' kept
touch -d '2002-02-02 02:02:02.020202020 UTC' base.txt
`;
const look =
	"stat -c '%n %s %h %Y %y' dated sparse one two kept base.txt; stat -c '%b' sparse; [ one -ef two ] && echo same";

const shell = async (session: AgentSession, command: string): Promise<string> => {
	const { stdout, exitCode } = await session.call("exec", { argv: ["/bin/sh", "-c", command] });
	expect(exitCode).toBe(0);
	return Buffer.from(stdout).toString();
};

const record = async (runtime: Runtime) => {
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "attributes", program: null });
	await shell(session, make);
	return { session, seen: await shell(session, look) };
};

test("a run that goes on from its record has the times, holes and hard links that its calls left", async () => {
	using workspace = scratchWorkspace({ "base.txt": "base\n" });
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "bubblewrap" });
	const { session, seen } = await record(runtime);
	expect(seen).toContain("04:05:06.123456789");
	expect(seen).toMatch(/\nsame\n$/);
	const live = await session.fork();
	expect(await shell(live, look)).toBe(seen);
	const forkEnded = await live.keep({ verdict: "done", failed: false });
	const ended = await session.keep({ verdict: "done", failed: false });

	const [made] = readTrace(runtime.store, ended.runId).calls;
	const left = made?.attributesId ? decodeAttributes(runtime.store.blobs.read(made.attributesId)) : emptyAttributes;
	expect(attributesAt(left, treePath("dated"))?.mtimeNs).toBe(981_173_106_123_456_789n);
	// Touched alone: no change, and yet on record.
	expect(attributesAt(left, treePath("base.txt"))?.mtimeNs).toBe(1_012_615_322_020_202_020n);
	expect(ended.changes.changes.map(({ path }) => path)).not.toContain("base.txt");
	expect(attributesAt(left, treePath("sparse"))?.extents).toEqual([{ offset: 1024 ** 2, length: 3 }]);
	expect(readOutcome(runtime.store, ended.runId)?.attributesId).toBeTruthy();

	// What the records name outlives a collection.
	runtime.store.collectGarbage({ dryRun: false, graceMs: 0 });
	for (const runId of [ended.runId, forkEnded.runId]) {
		const again = await runtime.forkRun(runtime.store.runs.get(runId), { at: 1 });
		await shell(again, runId === ended.runId ? make : look);
		expect(await shell(again, look)).toBe(seen);
		await again.rollback();
	}
});

test("control: without what is on record beside the changeset, the times, holes and links are others", async () => {
	using workspace = scratchWorkspace({ "base.txt": "base\n" });
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "bubblewrap" });
	const { session, seen } = await record(runtime);
	const { changesetId } = await session.keep({ verdict: "done", failed: false });
	const bare = await runtime.startSession({
		base: await runtime.freeze("worktree"),
		kind: "library",
		title: "bare",
		program: null,
	});
	await bare.layOver(changesetId);
	const without = await shell(bare, `${look} || true`);
	expect(without).not.toContain("04:05:06.123456789");
	expect(without).not.toMatch(/\nsame\n$/);
	await bare.rollback();
	const whole = await runtime.startSession({
		base: await runtime.freeze("worktree"),
		kind: "library",
		title: "whole",
		program: null,
	});
	await whole.layOver(changesetId, session.runId);
	expect(await shell(whole, look)).toBe(seen);
	await whole.rollback();
});
