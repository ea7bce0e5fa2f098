import { systemClock, systemRandomness } from "@retake/base";
import { openStore } from "@retake/store";
import { startRecording } from "../../src/index.ts";
import { end, header, request } from "../fixture.ts";

/** One of several processes that record into one store; prints what it saw as JSON: `STORE CALLS [process|power]`. */
const [directory = "", calls = "0", asked = "process"] = process.argv.slice(2);
const durability = asked === "power" ? "power" : "process";
using store = openStore(directory, { clock: systemClock });
const recording = startRecording({ store, clock: systemClock, randomness: systemRandomness, header, durability });
const milliseconds: number[] = [];
const text = "x".repeat(500);
for (let index = 0; index < Number(calls); index++) {
	const startedAt = process.hrtime.bigint();
	await recording.call(request("exec", { index, text }, async () => ({ text })));
	milliseconds.push(Number(process.hrtime.bigint() - startedAt) / 1e6);
}
await recording.finish(end);
process.stdout.write(JSON.stringify({ runId: recording.runId, milliseconds }));
