// Random agents recorded and played back under other schedules, and divergences planted in them; the figures as one line each.
import { parseArgs } from "node:util";
import { temporaryStore } from "../packages/recorder/test/fixture.ts";
import { fuzzDivergence, fuzzPlayback, playsAnotherRecord } from "../packages/recorder/test/fuzz-case.ts";

const usage = "Type: pnpm fuzz [--count 10000] [--seed 1]";
const eachStore = 250;

/** Reads the arguments, or ends with what they should have been. */
function parse() {
	try {
		const { values } = parseArgs({
			options: { count: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
		});
		return { count: Number(values.count), seed: Number(values.seed) };
	} catch (error) {
		process.stderr.write(`fuzz: ${(error as Error).message}. ${usage}\n`);
		process.exit(2);
	}
}

const { count, seed: first } = parse();
const wrong: string[] = [];
const startedAt = Date.now();
for (let done = 0; done < count; done += eachStore) {
	// A new store every now and then: what is tried here is the schedule, not the size of a file.
	using fixture = temporaryStore();
	for (let seed = first + done; seed < first + Math.min(count, done + eachStore); seed++) {
		const playback = await fuzzPlayback(fixture.store, seed);
		if (playback !== null) wrong.push(`seed ${seed}, played back: ${playback}`);
		const planted = await fuzzDivergence(fixture.store, seed);
		if (planted !== null) wrong.push(`seed ${seed}, planted: ${planted}`);
	}
}
using control = temporaryStore();
const seen = await playsAnotherRecord(control.store);
const seconds = Math.round((Date.now() - startedAt) / 1000);
for (const line of wrong.slice(0, 20)) process.stdout.write(`${line}\n`);
process.stdout.write(
	`seeds ${first} to ${first + count - 1}: ${count} agents played back and ${count} divergences planted in ${seconds} s, ${wrong.length} wrong; ` +
		`control (another record): ${seen ? "seen" : "NOT SEEN"}\n`,
);
process.exitCode = wrong.length === 0 && seen ? 0 : 1;
