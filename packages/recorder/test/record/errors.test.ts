import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RetakeError } from "@retake/base";
import { describe, expect, test } from "vitest";
import { startPlayback, type Tape } from "../../src/index.ts";
import { end, record, request, temporaryStore } from "../fixture.ts";

/** Everything that a program can tell of an error, its stack aside. */
function told(thrown: unknown): unknown {
	if (!(thrown instanceof Error)) return thrown;
	const own = Object.entries(thrown).filter(([, value]) => value !== undefined);
	const { name, message, cause } = thrown;
	return { name, message, isOurs: thrown instanceof RetakeError, ...Object.fromEntries(own), cause: told(cause) };
}

async function liveAndReplayed(work: () => Promise<null>): Promise<readonly [unknown, unknown, Error]> {
	using fixture = temporaryStore();
	const program = (tape: Tape, execute?: () => Promise<null>) =>
		tape.call(request("exec", "a", execute)).then(
			() => Promise.reject(new Error("it did not fail")),
			(thrown: unknown) => thrown as Error,
		);
	const recording = record(fixture.store);
	const live = await program(recording, work);
	await recording.finish(end);
	const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
	const replayed = await program(playback);
	expect((await playback.finish()).divergences).toEqual([]);
	return [told(live), told(replayed), live];
}

const node = promisify(execFile);

describe("an error on record", () => {
	test("of a process that failed keeps its end and its standard error", async () => {
		const script = "process.stderr.write('no\\n'); process.exit(3)";
		const [live, replayed, error] = await liveAndReplayed(async () => {
			await node(process.execPath, ["-e", script]);
			return null;
		});
		expect(replayed).toEqual(live);
		expect(replayed).toMatchObject({ code: 3, stderr: "no\n" });
		expect(error.stack).toContain("child_process");
	});

	test("of a process that was killed keeps the signal, and one that ran out of time says so", async () => {
		const [live, replayed] = await liveAndReplayed(async () => {
			await node(process.execPath, ["-e", "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 9)"]);
			return null;
		});
		expect(replayed).toEqual(live);
		expect(replayed).toMatchObject({ signal: "SIGKILL" });
		const late = Object.assign(new Error("late"), { timedOut: true, exitCode: 124, stderr: new Uint8Array([255, 0]) });
		late.name = "TimeoutError";
		const [liveLate, replayedLate] = await liveAndReplayed(() => Promise.reject(late));
		expect(replayedLate).toEqual(liveLate);
		expect(replayedLate).toMatchObject({ name: "TimeoutError", timedOut: true, exitCode: 124 });
	});

	test("keeps its causes, ours and others', and is of the same class", async () => {
		const root = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
		const middle = new RetakeError("SANDBOX_FAILED", "no sandbox", { cause: root, data: { try: 1 }, remedy: "wait" });
		const [live, replayed] = await liveAndReplayed(() =>
			Promise.reject(new TypeError("fetch failed", { cause: middle })),
		);
		expect(replayed).toEqual(live);
		expect(replayed).toMatchObject({
			name: "TypeError",
			isOurs: false,
			cause: {
				isOurs: true,
				code: "SANDBOX_FAILED",
				remedy: "wait",
				cause: { code: "ECONNREFUSED", cause: undefined },
			},
		});
	});

	test("whose causes are a circle ends after eight of them, and what is no error is told in words", async () => {
		const circle = new Error("round");
		circle.cause = circle;
		const [live, replayed] = await liveAndReplayed(() => Promise.reject(circle));
		expect(replayed).toEqual(live);
		expect(JSON.stringify(replayed).split("round")).toHaveLength(10);
		for (const thrown of ["text", null, undefined, 7, { message: "like one" }]) {
			const [one, other] = await liveAndReplayed(() => Promise.reject(thrown));
			expect(other).toEqual(one);
			expect(JSON.stringify(other)).toContain(
				typeof thrown === "object" && thrown !== null ? "like one" : String(thrown),
			);
		}
	});
});
