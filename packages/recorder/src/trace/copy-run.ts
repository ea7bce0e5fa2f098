import { isRetakeError, RetakeError } from "@retake/base";
import type { Reference, RunRecord, Store } from "@retake/store";
import { referencesOf } from "./event-references.ts";
import { verifiedEvents } from "./verified-events.ts";

const eventsPerBatch = 64;

const referencesPerBatch = 64;

/** What became of a run that was to be copied: `there` where the other store has it already, the same to the last event. */
export type CopiedRun = "copied" | "there";

/**
 * Copies a run with all that it refers to into another store, all or nothing: its log byte for byte, checked against the
 * chain on the way. The tree that it began with is not copied. Throws `TRACE_TAMPERED`, `BLOB_NOT_FOUND`, and `RUN_STATE` where
 * the other store has another run of that id.
 */
export function copyRun(from: Store, to: Store, run: RunRecord): CopiedRun {
	const known = find(to, run);
	if (known !== null) {
		if (known.rootHash === run.rootHash && to.events.count(run.runId) === from.events.count(run.runId)) return "there";
		throw new RetakeError("RUN_STATE", `the store has run ${run.runId} already, and it is not the same`, {
			data: { runId: run.runId },
			remedy: "name another store with --store",
		});
	}
	to.atomically(() => {
		to.runs.begin(run);
		for (const references of batches(from.runs.references(run.runId), referencesPerBatch)) {
			for (const reference of references) copyReferred(from, to, reference);
			to.events.append(run.runId, [], references);
		}
		copyEvents(from, to, run);
		const { state, endedAt, failed, verdict, changesetId, rootHash } = run;
		if (state === "open" || endedAt === null || failed === null || verdict === null) return;
		if (changesetId !== null && rootHash !== null) {
			to.runs.end(run.runId, { state, endedAt, failed, verdict, changesetId, rootHash });
		}
	});
	return "copied";
}

function find(store: Store, { runId }: RunRecord): RunRecord | null {
	try {
		return store.runs.get(runId);
	} catch (error) {
		if (isRetakeError(error, "RUN_NOT_FOUND")) return null;
		throw error;
	}
}

function copyEvents(from: Store, to: Store, run: RunRecord): void {
	for (const events of batches(verifiedEvents(from, run), eventsPerBatch)) {
		// By the event's own word: a list of references that somebody has shortened keeps nothing from being copied.
		for (const { event } of events) for (const reference of referencesOf(event)) copyReferred(from, to, reference);
		to.events.append(run.runId, events);
	}
}

function* batches<Item>(items: Iterable<Item>, size: number): Iterable<readonly Item[]> {
	let batch: Item[] = [];
	for (const item of items) {
		batch.push(item);
		if (batch.length < size) continue;
		yield batch;
		batch = [];
	}
	if (batch.length > 0) yield batch;
}

function copyReferred(from: Store, to: Store, reference: Reference): void {
	if (reference.kind === "blob") {
		if (!to.blobs.has(reference.id)) to.blobs.writeChunks(from.blobs.chunks(reference.id));
		return;
	}
	if (to.changesets.has(reference.id)) return;
	const changeset = from.changesets.read(reference.id);
	for (const { was, now } of changeset.changes) {
		for (const node of [was, now]) {
			if (node?.kind === "file") copyReferred(from, to, { kind: "blob", id: node.content });
		}
	}
	to.changesets.write(changeset);
}
