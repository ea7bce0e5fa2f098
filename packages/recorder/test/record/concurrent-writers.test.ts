import { execFile } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { RunId } from "@retake/base";
import { expect, test } from "vitest";
import { verifyChain } from "../../src/index.ts";
import { temporaryStore } from "../fixture.ts";

/** `RETAKE_TAMPER=every pnpm test packages/recorder/test/record/concurrent-writers.test.ts` records all of them. */
const isWhole = process.env["RETAKE_TAMPER"] === "every";
const writers = 16;
// A call is two events, and each run has one more for its end.
const callsEach = isWhole ? 5000 : 100;
const program = join(import.meta.dirname, "writer-process.ts");

interface Written {
	readonly runId: RunId;
	readonly milliseconds: readonly number[];
}

test(`${writers} processes record ${callsEach} calls each into one store`, { timeout: 600_000 }, async () => {
	using fixture = temporaryStore();
	const { directory } = fixture.store;
	const run = () =>
		promisify(execFile)(process.execPath, [program, directory, String(callsEach)], { maxBuffer: 64 * 1024 ** 2 });
	// A writer that the store turns away ends with an error, and this with it.
	const ended = await Promise.all(Array.from({ length: writers }, run));
	const written = ended.map(({ stdout }) => JSON.parse(stdout) as Written);
	for (const { runId } of written) {
		expect(verifyChain(fixture.store, runId).events).toBe(2 * callsEach + 1);
	}
	const sorted = written.flatMap(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
	const at = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
	const events = writers * (2 * callsEach + 1);
	process.stdout.write(
		`${events} events by ${writers} writers: a call p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(1)} ms, at most ${at(1).toFixed(1)} ms\n`,
	);
	fixture.store[Symbol.dispose]();
	const database = new DatabaseSync(join(directory, "retake.db"));
	expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
	database.close();
});
