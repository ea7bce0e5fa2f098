import { join } from "node:path";
import { systemClock } from "@retake/base";
import { emptyChangeset } from "@retake/changeset";
import { startPlayback } from "@retake/recorder";
import { openStore } from "@retake/store";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure, measureEach } from "../harness/measure.ts";
import { openBareTable } from "../peers/bare-table.ts";
import { kilobyteCall, startBenchRecording } from "./record.ts";

/** Measures what a recorded call costs in playback. */
export const serveRow: BenchRow = {
	name: "serve",
	title: "one recorded call of 1 KB served from the record",
	run: async ({ scratch, smoke }) => {
		const count = smoke ? 100 : 5_000;
		using store = openStore(join(scratch, "store"), { clock: systemClock });
		const recording = startBenchRecording(store);
		for (let index = 0; index < count; index++) await recording.call(kilobyteCall(index));
		await recording.finish({
			changesetId: store.changesets.write(emptyChangeset),
			state: "kept",
			verdict: "done",
			failed: false,
		});
		const run = recording.runId;
		const open = () => startPlayback({ store, run, policy: "strict" });
		const events = [...store.events.read(run)];
		using bare = openBareTable(join(scratch, "bare.db"));
		for (const { bytes } of events) bare.insert(bytes);
		const served = "retake: serve a call, compared and chained";
		const section = {
			title: `playback of ${count.toLocaleString("en-US")} calls, for each`,
			measurements: await interleave(
				[
					{ name: "bare better-sqlite3: read the same bytes", sample: () => measureEach(count, () => bare.read(2)) },
					{
						name: served,
						sample: async () => {
							const playback = open();
							const milliseconds = await measureEach(count, (index) => playback.call(kilobyteCall(index)));
							const { divergences, rootHash } = await playback.finish();
							if (divergences.length > 0 || rootHash.recorded !== rootHash.recomputed) throw new Error("not identical");
							return milliseconds;
						},
					},
					{
						name: "retake: verify the record before it is served",
						sample: async () => (await measure(open)) / count,
					},
				],
				smoke ? 3 : 15,
			),
		};
		const milliseconds = medianOf(section, served);
		return {
			sections: [section],
			targets: [{ text: "serve one call", measured: milliseconds, allowed: 0.02, unit: "ms" }],
			notes: [
				`${Math.round(1000 / milliseconds).toLocaleString("en-US")} calls a second. Each playback ended without a divergence and with the recorded root hash.`,
			],
		};
	},
};
