import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { commandFlags } from "../../../../test/bench/harness/command-flags.ts";
import { temporaryStore } from "../fixture.ts";

const program = join(import.meta.dirname, "long-run-process.ts");

const calls = 50_000;

// A whole log of this length in memory takes 419 MB to play and 569 to fork; a million events are measured by `pnpm bench --only long-run`.
const boundMegabytes = 280;

async function inProcess(mode: "record" | "play" | "fork", directory: string, run = "") {
	const words = [...commandFlags, program, mode, directory, String(calls), run];
	const { stdout } = await promisify(execFile)(process.execPath, words);
	return JSON.parse(stdout) as { readonly runId: string; readonly peakMegabytes: number };
}

test("100,000 events are recorded, played back and forked without being in memory together", async () => {
	using fixture = temporaryStore();
	const { directory } = fixture.store;
	const recorded = await inProcess("record", directory);
	const played = await inProcess("play", directory, recorded.runId);
	const forked = await inProcess("fork", directory, recorded.runId);
	for (const { peakMegabytes } of [recorded, played, forked]) {
		expect(peakMegabytes).toBeGreaterThan(50);
		expect(peakMegabytes).toBeLessThan(boundMegabytes);
	}
});
