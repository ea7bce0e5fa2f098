import { isRetakeError, type RunId, systemClock } from "@retake/base";
import { openStore } from "@retake/store";
import { chainStart } from "../../src/index.ts";
import { EventLog } from "../../src/record/event-log.ts";
import { TurnQueue } from "../../src/turn-queue.ts";

/** Tries to write to a run that another process records; prints how it was refused: `STORE RUN`. */
const [directory = "", run = ""] = process.argv.slice(2);
const runId = run as RunId;
using store = openStore(directory, { clock: systemClock });
const chain = chainStart(store.runs.get(runId).header);
const log = new EventLog({ store, runId, clock: systemClock, chain, durability: "process", turns: new TurnQueue() });
try {
	log.append((atMs) => ({ kind: "marker", name: "savepoint", payload: log.payload(new Uint8Array([0x80])), atMs }));
	process.stdout.write(JSON.stringify({ code: "it was written" }));
} catch (error) {
	if (!isRetakeError(error)) throw error;
	process.stdout.write(JSON.stringify({ code: error.code, remedy: error.remedy }));
}
