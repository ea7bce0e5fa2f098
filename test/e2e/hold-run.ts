import { systemClock } from "@retake/base";
import { readTrace } from "@retake/recorder";
import { openStore } from "@retake/store";

/** Reads a whole run into memory, as no command must: `STORE RUN`. */
const [directory = "", name = ""] = process.argv.slice(2);
using store = openStore(directory, { clock: systemClock });
const { calls } = readTrace(store, store.runs.resolve(name).runId);
process.stdout.write(`${calls.length}\n`);
