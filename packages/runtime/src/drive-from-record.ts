import { isRetakeError } from "@retake/base";
import type { RunIndex, Tape } from "@retake/recorder";
import { type DrivenScope, scopesOf } from "./driven-scopes.ts";
import { type DrivenStep, stepsOf } from "./driven-steps.ts";

/** What a driven record needs of a tape. */
export type DrivenTape = Pick<Tape, "call" | "parallel" | "scope" | "marker">;

/**
 * Issues a record's own calls again, in the order and with the overlap in which they were issued: what drives the playback of a run
 * whose program is not at hand. Proves that the record serves itself whole; only the real program can prove that it still agrees.
 */
export async function driveFromRecord(index: RunIndex, tape: DrivenTape): Promise<void> {
	await driveScope(scopesOf(index), index, tape);
}

/** Something that was begun, and where in the log it ended. */
interface Pending {
	readonly endsAt: number;
	readonly ended: Promise<unknown>;
}

async function driveScope(scope: DrivenScope, index: RunIndex, tape: DrivenTape): Promise<void> {
	let pending: readonly Pending[] = [];
	for (const step of stepsOf(scope, index)) {
		for (const { endsAt, ended } of pending) if (endsAt < step.at) await ended;
		pending = pending.filter(({ endsAt }) => endsAt >= step.at);
		if (step.kind === "marker") {
			const marker = index.marker(step.at);
			tape.marker(marker.name as "savepoint" | "rollback-to", index.value(marker));
			continue;
		}
		const ended = begin(step, index, tape);
		// Awaited in its place; that it fails before is no news to anybody.
		ended.catch(() => {});
		pending = [...pending, { endsAt: step.endsAt, ended }];
	}
	await Promise.all(pending.map(({ ended }) => ended));
}

function begin(step: Exclude<DrivenStep, { kind: "marker" }>, index: RunIndex, tape: DrivenTape): Promise<unknown> {
	switch (step.kind) {
		case "call":
			return issue(step.ordinal, index, tape);
		case "group":
			return tape.parallel(step.branches.map((branch) => () => driveScope(branch, index, tape)));
		case "scope":
			return tape.scope(step.name, () => driveScope(step.scope, index, tape));
	}
}

async function issue(ordinal: number, index: RunIndex, tape: DrivenTape): Promise<void> {
	const issued = index.issued(ordinal);
	const outcome = index.calls.outcome(ordinal);
	const { kind, tool: name, schemaHash } = issued.identity;
	const cancel = new AbortController();
	try {
		const tool = { kind, name, schemaHash };
		const { signal } = cancel;
		const ended = tape.call({ tool, input: index.value(issued), execute: refuseToExecute, signal });
		// What was delivered before the cancellation still is: the log has its place.
		if (outcome === "cancelled") cancel.abort();
		await ended;
	} catch (error) {
		if (outcome === "result" || isRetakeError(error, "DIVERGENCE")) throw error;
	}
}

async function refuseToExecute(): Promise<never> {
	throw new TypeError("playback executes nothing");
}
