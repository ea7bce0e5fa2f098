import { writeSync } from "node:fs";
import { systemClock, systemRandomness } from "@retake/base";
import { openStore } from "@retake/store";
import { startRecording } from "../../src/index.ts";
import { end, header, request } from "../fixture.ts";

/** Records calls made in parallel, and writes a line to standard output whenever it learns that an event is safe: `STORE BRANCHES ROUNDS process|power`. */
const [directory = "", branches = "0", rounds = "0", asked] = process.argv.slice(2);
const durability = asked === "power" ? "power" : "process";
using store = openStore(directory, { clock: systemClock });
const recording = startRecording({ store, clock: systemClock, randomness: systemRandomness, header, durability });
const acknowledge = (what: string): void => void writeSync(1, `${what}\n`);
await recording.parallel(
	Array.from({ length: Number(branches) }, (_, branch) => async () => {
		for (let round = 0; round < Number(rounds); round++) {
			const work = async () => {
				acknowledge("issued");
				return null;
			};
			await recording.call(request("exec", { branch, round }, work));
			acknowledge("settled");
		}
	}),
);
await recording.finish(end);
acknowledge(`finished ${recording.runId}`);
