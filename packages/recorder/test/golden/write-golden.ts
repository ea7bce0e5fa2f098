import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandomness } from "@retake/base";
import { emptyChangeset } from "@retake/changeset";
import { openStore, openTapeFile } from "@retake/store";
import { copyRun, startRecording } from "../../src/index.ts";
import { end, header } from "../fixture.ts";
import { goldenProgram } from "./golden-program.ts";

/** Writes the golden record of the present version, once, before it is released: `write-golden.ts FILE`, and beside it what the program saw. */
const [file = ""] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "golden-"));
using store = openStore(join(directory, "store"), { clock: systemClock });
const recording = startRecording({ store, clock: systemClock, randomness: systemRandomness, header });
const seen = await goldenProgram(recording);
await recording.finish({ ...end, changesetId: store.changesets.write(emptyChangeset) });
// A second run, cut off under way.
const cut = startRecording({ store, clock: systemClock, randomness: systemRandomness, header });
let calls = 0;
const cutOff = new Promise<void>((resolve) => {
	const call: typeof cut.call = (request) => {
		calls++;
		if (calls < 6) return cut.call(request);
		const asked = cut.call({ ...request, execute: () => new Promise(() => {}) });
		setImmediate(() => setImmediate(resolve));
		return asked;
	};
	void goldenProgram({
		values: cut.values,
		call,
		parallel: (branches) => cut.parallel(branches),
		scope: (name, body) => cut.scope(name, body),
		marker: (name, value) => cut.marker(name, value),
	});
});
await cutOff;
{
	using tape = openTapeFile(file, { clock: systemClock, mode: "create" });
	for (const { runId } of store.runs.list()) copyRun(store, tape, store.runs.get(runId));
}
writeFileSync(file.replace(/\.retake$/, ".json"), `${JSON.stringify(seen, null, "\t")}\n`);
rmSync(directory, { recursive: true });
