import { appendFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { openStore } from "@retake/store";
import { openSnapshots } from "@retake/txfs";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { type Contestant, interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { plantedPath, plantFiles } from "../peers/plant-files.ts";
import { runProgram } from "../peers/run-program.ts";

const first = "retake: first snapshot, on disk when it returns";
const second = "retake: second snapshot, 10 files edited";
const copy = "cp -a";
const filesEdited = 10;
const rsyncPath = "/usr/bin/rsync";

/** Compares the freezing of a directory with copying it. */
export const snapshotRow: BenchRow = {
	name: "snapshot",
	title: "freezing a workspace",
	run: async ({ smoke, scratch }) => {
		const size = smoke ? 500 : 100_000;
		const workspace = join(scratch, "workspace");
		plantFiles(workspace, size);
		let round = 0;
		const anew = async (work: (place: string) => Promise<number>): Promise<number> => {
			const place = join(scratch, `place-${round++}`);
			const milliseconds = await work(place);
			rmSync(place, { recursive: true });
			return milliseconds;
		};
		using store = openStore(join(scratch, "kept"), { clock: systemClock });
		using snapshots = openSnapshots({ store, owner: null });
		await snapshots.fromDirectory(workspace);
		const rounds = smoke ? 2 : 3;
		const contestants: Contestant[] = [
			{
				name: copy,
				roundsMax: rounds,
				sample: () => anew((place) => measure(() => runProgram(["cp", "-a", workspace, place]))),
			},
			{
				name: first,
				roundsMax: rounds,
				sample: () =>
					anew(async (place) => {
						using fresh = openStore(place, { clock: systemClock });
						using taken = openSnapshots({ store: fresh, owner: null });
						return await measure(() => taken.fromDirectory(workspace));
					}),
			},
			{
				name: second,
				roundsMax: rounds,
				sample: async () => {
					for (let index = 0; index < filesEdited; index++)
						appendFileSync(join(workspace, plantedPath(index)), "edited\n");
					return measure(() => snapshots.fromDirectory(workspace));
				},
			},
		];
		if (existsSync(rsyncPath)) {
			const target = join(scratch, "rsync");
			const rsync = ["rsync", "-a", "--delete", `${workspace}/`, target];
			await runProgram(rsync);
			contestants.push({
				name: "rsync -a over the copy of before, 10 files edited",
				roundsMax: rounds,
				sample: async () => {
					for (let index = 0; index < filesEdited; index++)
						appendFileSync(join(workspace, plantedPath(index)), "edited\n");
					return measure(() => runProgram(rsync));
				},
			});
		}
		const section = {
			title: `${size.toLocaleString("en-US")} files`,
			measurements: await interleave(contestants, rounds),
		};
		return {
			sections: [section],
			targets: [
				{
					text: "first snapshot, of the time that cp -a takes",
					measured: medianOf(section, first) / medianOf(section, copy),
					allowed: 1,
					unit: "×",
				},
			],
			notes: [
				"A snapshot hashes every file, and is flushed to the disk before it returns; cp and rsync write to the page cache.",
				"A snapshot looks at the tree again when it has copied anything, to be what was there at one moment.",
			],
		};
	},
};
