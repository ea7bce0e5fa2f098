import { type Clock, createRunId, type Randomness } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { Durability, Reference, Store } from "@retake/store";
import { createStreamSeed, type StreamSeed } from "../random-streams.ts";
import { ScopeTree } from "../scope-tree.ts";
import { ensureRedactionKey } from "../secrets/redaction-key.ts";
import { Redactor, type Secret } from "../secrets/redactor.ts";
import { chainStart } from "../trace/chain.ts";
import { encodeHeader } from "../trace/header-codec.ts";
import type { RunHeader } from "../trace/run-header.ts";
import { semanticsVersion } from "../trace/upgrade/semantics-version.ts";
import { TurnQueue } from "../turn-queue.ts";
import { EventLog } from "./event-log.ts";
import { Recorder, type RecorderParts } from "./recorder.ts";
import type { Recording } from "./recording.ts";

/** How a recording is started. */
export interface StartRecordingOptions {
	readonly store: Store;
	readonly clock: Clock;
	readonly randomness: Randomness;
	/** The run's header but for what the recorder itself gives: its id, its start, its seed and the semantics version. */
	readonly header: Omit<RunHeader, "semanticsVersion" | "runId" | "startedAt" | "seed">;
	/** What a run that this one begins as drew from, or null where it drew from none; where absent, a seed is made. */
	readonly seed?: StreamSeed | null;
	/** What the program names, kept as long as the run. */
	readonly uses?: readonly Reference[];
	/** Replaced wherever they turn up, before anything is written or delivered. */
	readonly secrets?: readonly Secret[];
	/** What an event survives before it counts: `process` (the default) the end of the process, `power` a power cut too. */
	readonly durability?: Durability;
}

/**
 * Begins a run, durably, and returns the tape that records it. The program gets exactly what is written: values in their
 * canonical form, secrets replaced. Throws `USAGE` for a secret that cannot be redacted, and what the store throws.
 */
export function startRecording(options: StartRecordingOptions): Recording {
	return new Recorder(beginRun(options));
}

/** Begins a run, durably, and returns what records it. Throws as `startRecording` does. */
export function beginRun(options: StartRecordingOptions): RecorderParts {
	const { store, clock, randomness, uses = [], secrets = [], durability = "process" } = options;
	const key = secrets.length === 0 ? new Uint8Array() : ensureRedactionKey(store, randomness);
	const redactor = new Redactor(secrets, key);
	const header = redactor.value({
		...options.header,
		semanticsVersion,
		runId: createRunId(clock, randomness),
		startedAt: clock.now(),
		seed: options.seed === undefined ? createStreamSeed(randomness) : options.seed,
	} as unknown as CanonicalValue) as unknown as RunHeader;
	const { runId, parentRunId, kind, title, startedAt, seed } = header;
	const bytes = encodeHeader(header);
	const { changesetId, attributesId } = header.base;
	const references: Reference[] = [...uses];
	if (changesetId !== null) references.push({ kind: "changeset", id: changesetId });
	if (attributesId !== undefined) references.push({ kind: "blob", id: attributesId });
	store.runs.begin({ runId, parentRunId, kind, title, startedAt, header: bytes }, references);
	const turns = new TurnQueue();
	const log = new EventLog({ store, runId, clock, chain: chainStart(bytes), durability, turns });
	return { store, clock, randomness, runId, redactor, seed, log, turns, scopes: new ScopeTree() };
}
