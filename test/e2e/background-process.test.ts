import { type BackgroundProcess, openRuntime, type PlaybackSession, type Runtime, type Session } from "@retake/runtime";
import { hostProcesses, untilProcesses } from "@retake/testkit";
import { expect, test } from "vitest";
import { openDockerGround } from "../../packages/sandbox/test/docker-harness.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const quiet = { verdict: "done", failed: false } as const;

type Agent = Pick<Session, "start" | "call" | "changes" | "savepoint" | "rollbackTo">;

async function record(files: Readonly<Record<string, string>>, program: (session: Agent) => Promise<unknown>) {
	const workspace = scratchWorkspace(files);
	const runtime = await openRuntime({ workspace: workspace.path });
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "test", program: null });
	const value = await program(session);
	const { runId } = await session.keep(quiet);
	return {
		runtime,
		value,
		run: runtime.store.runs.get(runId),
		[Symbol.asyncDispose]: async () => {
			await runtime[Symbol.asyncDispose]();
			workspace[Symbol.dispose]();
		},
	};
}

/** Plays the same program, and gives what it came to and what it saw. */
async function playBack(runtime: Runtime, run: Parameters<Runtime["openPlayback"]>[0], program: Program) {
	const playback: PlaybackSession = runtime.openPlayback(run, "strict");
	let value: unknown;
	const report = await playback.finishAfter(async () => {
		value = await program(playback);
		return quiet;
	});
	return { value, report };
}

type Program = (session: Agent) => Promise<unknown>;

async function printed(process: BackgroundProcess, wanted: string): Promise<string> {
	let all = "";
	while (!all.includes(wanted)) {
		const { stdout, running } = await process.output({ waitMs: 20_000 });
		all += text(stdout);
		if (!running && !all.includes(wanted)) throw new Error(`it ended after ${JSON.stringify(all)}`);
	}
	return all;
}

test("a process runs beside other calls on a view of its own, and what it wrote is merged when it is stopped", async () => {
	const program: Program = async (session) => {
		const process = await session.start({
			argv: [
				"/bin/sh",
				"-c",
				"cat a.txt; echo theirs > b.txt; sed -i s/three/THREE/ both.txt; while read -r line; do echo got $line; ls; done",
			],
		});
		await printed(process, "one");
		await session.call("write_file", { path: "late.txt", content: "late\n" });
		const unseen = await session.call("exec", { argv: ["/bin/sh", "-c", "ls; sed -i s/one/ONE/ both.txt"] });
		await process.write({ content: "hello\n" });
		const seen = await printed(process, "both.txt");
		const before = session.changes().changes.map(({ path }) => path);
		const stopped = await process.stop();
		const after = await session.call("exec", { argv: ["/bin/sh", "-c", "cat b.txt both.txt late.txt"] });
		const paths = session.changes().changes.map(({ path }) => path);
		return { id: process.id, unseen: text(unseen.stdout), seen, before, stopped, after: text(after.stdout), paths };
	};
	await using recorded = await record({ "a.txt": "one\n", "both.txt": "one\ntwo\nthree\n" }, program);
	expect(recorded.value).toMatchObject({
		id: 1,
		unseen: "a.txt\nboth.txt\nlate.txt\n",
		before: ["both.txt", "late.txt"],
		stopped: { conflicts: [], refused: [], end: { exitCode: null, signal: "SIGTERM", cancelled: false } },
		after: "theirs\nONE\ntwo\nTHREE\nlate\n",
		paths: ["b.txt", "both.txt", "late.txt"],
	});
	expect((recorded.value as { seen: string }).seen).toContain("got hello\na.txt\nb.txt\nboth.txt\n");

	const played = await playBack(recorded.runtime, recorded.run, program);
	expect(played.value).toEqual(recorded.value);
	expect(played.report).toMatchObject({ divergences: [], rootHash: { recomputed: recorded.run.rootHash } });
	// Somebody who types something else is found out.
	const other = await playBack(recorded.runtime, recorded.run, async (session) => {
		const process = await session.start({ argv: ["/bin/true"] });
		return process.stop();
	});
	expect(other.report.divergences).toMatchObject([{ kind: "input" }]);
	// Without its program too, as a client's session is replayed.
	const driven = recorded.runtime.openPlayback(recorded.run, "strict");
	const report = await driven.finishAfter(async () => {
		await driven.driveFromRecord();
		return driven.recordedVerdict;
	});
	expect(report).toMatchObject({ divergences: [], rootHash: { recomputed: recorded.run.rootHash } });
	// The commands are executed again on what the process left; the process itself is not.
	const verified = await recorded.runtime.verify(recorded.run);
	expect(verified.differences).toEqual([]);
	expect(verified.calls).toBeGreaterThanOrEqual(3);
});

test("where it and the session disagree the session's file stays and the path is named; discarded, nothing of it comes", async () => {
	await using recorded = await record({ "a.txt": "one\n" }, async (session) => {
		const start = () => session.start({ argv: ["/bin/sh", "-c", "echo theirs > a.txt; echo new > own.txt"] });
		const [one, other] = [await start(), await start()];
		await Promise.all([one.ended, other.ended]);
		await session.call("write_file", { path: "a.txt", content: "ours\n" });
		const discarded = await other.stop({ discard: true });
		const nothing = session.changes().changes.map(({ path }) => path);
		const stopped = await one.stop();
		const read = await session.call("exec", { argv: ["cat", "a.txt", "own.txt"] });
		const again = await one.stop().catch((error: Error) => error.message);
		return { discarded, nothing, stopped, read: text(read.stdout), again };
	});
	expect(recorded.value).toMatchObject({
		discarded: { conflicts: [], end: { exitCode: 0 } },
		nothing: ["a.txt"],
		stopped: { conflicts: [{ path: "a.txt", kind: "content" }], end: { exitCode: 0, signal: null } },
		read: "ours\nnew\n",
		again: "the process was stopped before",
	});
});

test("a terminal is typed at and resized, and commands reach what a process serves", async () => {
	const serve =
		'use IO::Socket::INET; $| = 1; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 5) or die; print "listening\\n"; while (my $c = $s->accept) { print $c "hello"; close $c }';
	const ask = 'use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:8080") or exit 7; print <$s>;';
	await using recorded = await record({}, async (session) => {
		const before = await session.call("exec", { argv: ["perl", "-e", ask] });
		const server = await session.start({ argv: ["perl", "-e", serve] });
		await printed(server, "listening");
		const asked = await session.call("exec", { argv: ["perl", "-e", ask] });
		await server.stop({ graceMs: 0 });
		const after = await session.call("exec", { argv: ["perl", "-e", ask] });

		const shell = await session.start({ argv: ["/bin/sh"], terminal: { columns: 80, rows: 24 } });
		await shell.write({ content: "stty size; tty\n" });
		const first = await printed(shell, "/dev/");
		await shell.resize({ columns: 100, rows: 40 });
		await shell.write({ content: "stty size\n" });
		const second = await printed(shell, "40 100");
		await shell.write({ content: "echo ask''ing; sleep 1000\n" });
		await printed(shell, "asking");
		// What is typed before the shell asks again may be thrown away with the interrupted line.
		await shell.write({ content: "\u0003" });
		await printed(shell, "$ ");
		await shell.write({ content: "exit 3\n" });
		const { exitCode } = await shell.ended;
		await shell.stop();
		const notAtOne = await session.start({ argv: ["cat"] });
		const refusal = await notAtOne.resize({ columns: 1, rows: 1 }).catch((error: Error) => error.message);
		await notAtOne.write({ content: "in", end: true });
		const { exitCode: ofCat } = await notAtOne.ended;
		const output = text((await notAtOne.output()).stdout);
		await notAtOne.stop();
		return {
			codes: [before, asked, after].map((each) => each.exitCode),
			answer: text(asked.stdout),
			first: first.includes("24 80"),
			second: second.includes("40 100"),
			exitCode,
			refusal,
			ofCat,
			output,
		};
	});
	expect(recorded.value).toEqual({
		codes: [7, 0, 7],
		answer: "hello",
		first: true,
		second: true,
		exitCode: 3,
		refusal: "the process has no terminal",
		ofCat: 0,
		output: "in",
	});
});

test("a session with a process is not kept before that is stopped; rolled back, it leaves nothing alive", async () => {
	using workspace = scratchWorkspace({});
	await using runtime = await openRuntime({ workspace: workspace.path });
	const base = await runtime.freeze("worktree");
	const nonce = crypto.randomUUID();
	const session = await runtime.startSession({ base, kind: "library", title: "test", program: null });
	const point = session.savepoint();
	const process = await session.start({
		argv: ["/bin/sh", "-c", "trap '' TERM HUP; echo written > file; echo up; sleep 300 & wait; sleep 300", nonce],
	});
	await printed(process, "up");
	expect((await untilProcesses(nonce, (found) => found.length > 0)).length).toBeGreaterThan(0);
	await expect(session.keep(quiet)).rejects.toMatchObject({ code: "USAGE", data: { processes: [1] } });
	session.rollbackTo(point);
	const { runId } = await session.rollback();
	expect(hostProcesses(nonce)).toEqual([]);
	expect(await process.ended).toMatchObject({ cancelled: true });
	await expect(process.write({ content: "x" })).rejects.toMatchObject({ code: "SESSION_CLOSED" });
	expect(runtime.changesOf(runtime.store.runs.get(runId)).changes).toEqual([]);
	const played = await playBack(runtime, runtime.store.runs.get(runId), async (agent) => {
		const again = agent.savepoint();
		const served = await agent.start({
			argv: ["/bin/sh", "-c", "trap '' TERM HUP; echo written > file; echo up; sleep 300 & wait; sleep 300", nonce],
		});
		await printed(served, "up");
		agent.rollbackTo(again);
	});
	expect(played.report.divergences).toEqual([]);
});

test("with docker too: a process at a terminal beside a command, what it wrote merged", async () => {
	await using docker = await openDockerGround();
	using workspace = scratchWorkspace({ "a.txt": "one\n" });
	const { socketPath: dockerSocket } = docker;
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "docker", dockerSocket });
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "test", program: null });
	const process = await session.start({ argv: ["/bin/sh"], terminal: { columns: 91, rows: 17 } });
	await process.write({ content: "stty size; cat a.txt > b.txt; echo $((6 * 7))\n" });
	expect(await printed(process, "42")).toContain("17 91");
	const { stdout } = await session.call("exec", { argv: ["ls"] });
	expect(text(stdout)).toBe("a.txt\n");
	expect(await process.stop({ graceMs: 0 })).toMatchObject({ conflicts: [], end: { signal: "SIGKILL" } });
	expect(session.changes().changes.map(({ path }) => path)).toEqual(["b.txt"]);
	await session.rollback();
});
