import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentSession, openRecorder, openRuntime, type PlaybackReport, type Session } from "@retake/runtime";
import { expect } from "vitest";

/** A program whose outcome is compared. */
export type Program<Outcome> = (session: AgentSession) => Promise<Outcome>;

/** What the same program came to, live and played back. */
export interface TwoOutcomes<Outcome> {
	readonly live: Outcome;
	readonly played: Outcome;
	readonly report: PlaybackReport;
	/** Everything in the store's directory, one character a byte. */
	readonly stored: string;
}

const verdict = { verdict: "done", failed: false };

/** Records a program, calls `between`, and plays it back: the playback must be identical. */
export async function recordAndReplay<Outcome>(
	program: Program<Outcome>,
	between: () => void | Promise<void> = () => {},
): Promise<TwoOutcomes<Outcome>> {
	const outcomes = await recordAndTry(program, program, between);
	expect(outcomes.report.divergences).toEqual([]);
	expect(outcomes.report.rootHash.recomputed).toBe(outcomes.report.rootHash.recorded);
	return outcomes;
}

/** Records one program and plays it back with another. */
export async function recordAndTry<Outcome>(
	program: Program<Outcome>,
	other: Program<Outcome>,
	between: () => void | Promise<void> = () => {},
): Promise<TwoOutcomes<Outcome>> {
	using workspace = mkdtempDisposableSync(join(tmpdir(), "retake-wrap-"));
	let runId: Session["runId"];
	let live: Outcome;
	{
		await using session = await openRecorder({ workspace: workspace.path });
		live = await program(session);
		({ runId } = await session.keep(verdict));
	}
	await between();
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	const session = runtime.openPlayback(runtime.store.runs.get(runId), "strict");
	let played: Outcome | undefined;
	const report = await session.finishAfter(async () => {
		played = await other(session);
		return verdict;
	});
	const stored = [...runtime.store.events.read(runId)]
		.map(({ bytes }) => Buffer.from(bytes).toString("latin1"))
		.join("");
	return { live, played: played as Outcome, report, stored };
}
