import { hashCanonical } from "@retake/changeset";
import { diffTraces } from "@retake/recorder";
import { peakMemory } from "../harness/peak-memory.ts";
import { planTrace } from "./plan-trace.ts";

// A process of its own for each diff, so that its peak of memory is its own: prints both as JSON.
const count = Number(process.argv[2]);
const seed = Number(process.argv[3]);
const schemaHash = hashCanonical("bench");
const a = planTrace(count, 0, schemaHash);
const b = planTrace(count, seed, schemaHash);
const builtBytes = process.memoryUsage().rss;
const startedAt = performance.now();
const { counts } = diffTraces(a, b);
const milliseconds = performance.now() - startedAt;
process.stdout.write(JSON.stringify({ milliseconds, peakBytes: peakMemory(), builtBytes, counts }));
