import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type ChangesetId,
	type Clock,
	defaultLimits,
	type Randomness,
	sha256,
	type TreeId,
	type ValueHash,
} from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import { openStore, type Store } from "@retake/store";
import {
	type CallContext,
	type CallRequest,
	type RecordingEnd,
	type StartRecordingOptions,
	startRecording,
} from "../src/index.ts";

/** A clock that goes on by a millisecond whenever it is read. */
export function steppingClock(): Clock {
	let milliseconds = 1_700_000_000_000;
	return { now: () => milliseconds++, monotonic: () => BigInt(milliseconds++) * 1_000_000n };
}

/** Mulberry32: small, seeded, good enough to choose cases. */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function seededRandomness(seed: number): Randomness {
	const next = seededRandom(seed);
	return { bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** A directory of its own with an open store, both gone at the end. */
export function temporaryStore(
	clock: Clock = steppingClock(),
): Disposable & { readonly store: Store; readonly directory: string } {
	const directory = mkdtempSync(join(tmpdir(), "recorder-"));
	const store = openStore(join(directory, "store"), { clock });
	return {
		store,
		directory,
		[Symbol.dispose]() {
			store[Symbol.dispose]();
			rmSync(directory, { recursive: true });
		},
	};
}

export const header: StartRecordingOptions["header"] = {
	parentRunId: null,
	kind: "library",
	title: "a test",
	program: { argv: ["true"] },
	base: { treeId: sha256(Buffer.from("tree")) as TreeId, changesetId: null, commit: null, workspace: "/nowhere" },
	sandbox: { driver: "none" },
	limits: defaultLimits,
	tools: { exec: sha256(Buffer.from("exec")) as ValueHash },
};

export function record(store: Store, options: Partial<StartRecordingOptions> = {}) {
	return startRecording({ store, clock: steppingClock(), randomness: seededRandomness(1), header, ...options });
}

/** A request of a tool; without `execute`, one that fails the test when it is executed. */
export function request(
	name: string,
	input: CanonicalValue,
	execute: (context: CallContext) => Promise<CanonicalValue> = neverExecuted,
	more: Partial<CallRequest> = {},
): CallRequest {
	return {
		tool: { kind: "tool", name, schemaHash: sha256(Buffer.from(name)) as ValueHash },
		input,
		execute: async (context) => ({ value: await execute(context), changesetId: null }),
		...more,
	};
}

async function neverExecuted(): Promise<CanonicalValue> {
	throw new Error("a playback executed a call");
}

export const end: RecordingEnd = {
	changesetId: sha256(Buffer.from("changes")) as ChangesetId,
	verdict: "pass",
	failed: false,
	state: "kept",
};
