import { systemClock } from "@retake/base";
import { openStore } from "../src/index.ts";
import { eventAt, runNamed } from "./fixture.ts";

const [directory, name] = process.argv.slice(2);
using store = openStore(String(directory), { clock: systemClock });
const run = runNamed(String(name));
store.runs.begin(run);
for (let sequence = 0; sequence < 200; sequence++) store.events.append(run.runId, [eventAt(sequence)]);
