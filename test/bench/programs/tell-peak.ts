import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { peakMemory } from "../harness/peak-memory.ts";

// Loaded into another program by `--import`: when that ends, it writes the most memory that the process has had, bytes, to the file PEAK_FILE.
const file = process.env["PEAK_FILE"];
if (file === undefined) throw new Error("PEAK_FILE names no file");
if (isMainThread) process.on("exit", () => writeFileSync(file, String(peakMemory())));
