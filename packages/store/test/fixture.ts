import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainHash, type ChangesetId, type Clock, type RunId, sha256 } from "@retake/base";
import type { EventRecord, RunEnd, RunRecord, Store } from "../src/index.ts";

/** A clock that stands still unless it is set. */
export function settableClock(): Clock & { time: number } {
	return {
		time: 1_700_000_000_000,
		now() {
			return this.time;
		},
		monotonic: () => process.hrtime.bigint(),
	};
}

/** A directory that goes away at the end. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
	const path = mkdtempSync(join(tmpdir(), "store-"));
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

export function runNamed(name: string, more: Partial<RunRecord> = {}): Parameters<Store["runs"]["begin"]>[0] {
	const runId = name.padEnd(16, "0") as RunId;
	return { runId, parentRunId: null, kind: "command", title: name, startedAt: 1, header: Buffer.from("h"), ...more };
}

export function eventAt(sequence: number, bytes: Uint8Array = Buffer.from(`event ${sequence}`)): EventRecord {
	return { sequence, bytes, chain: sha256(bytes) as ChainHash };
}

export function endWith(more: Partial<RunEnd> = {}): RunEnd {
	const hash = sha256(Buffer.from("nothing"));
	const changesetId = hash as ChangesetId;
	return {
		endedAt: 2,
		state: "kept",
		failed: false,
		verdict: "pass",
		changesetId,
		rootHash: hash as ChainHash,
		...more,
	};
}
