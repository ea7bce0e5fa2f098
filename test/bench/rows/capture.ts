import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import type { TreePath } from "@retake/changeset";
import { openStore } from "@retake/store";
import { beginOverlay, openSnapshots } from "@retake/txfs";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { git } from "../peers/git.ts";

const savepoint = "retake: savepoint and rollback to it";
const savepointsEach = 100;

/** Compares the recording of what a step changed with git's. */
export const captureRow: BenchRow = {
	name: "capture",
	title: "recording what a command changed",
	run: async ({ smoke, scratch }) => {
		const size = smoke ? 50 : 1_000;
		const [workspace, space, repository] = ["workspace", "space", "repository"].map((name) => join(scratch, name));
		for (const place of [workspace, space, repository]) mkdirSync(place as string);
		await git(repository as string, "init", "-q");
		using store = openStore(join(scratch, "store"), { clock: systemClock });
		using snapshots = openSnapshots({ store, owner: null });
		const snapshot = await snapshots.fromDirectory(workspace as string);
		const begin = () =>
			beginOverlay({
				snapshot,
				space: () => ({ root: space as string, layersMax: 200 }),
				owner: null,
				blobs: store.blobs,
			});
		let round = 0;
		const sections = [
			{
				title: `${size.toLocaleString("en-US")} files written by a command`,
				measurements: await interleave(
					[
						{
							name: "git add -A",
							sample: async () => {
								writeTree(join(repository as string, `round-${round}`), size, round++);
								return measure(() => git(repository as string, "add", "-A"));
							},
						},
						{
							name: "retake: capture into the store",
							sample: async () => {
								await using transaction = begin();
								let writtenAt = 0n;
								await transaction.step(async (layer) => {
									if (layer.mount?.kind !== "overlay") throw new TypeError("an overlay layer can be mounted");
									writeTree(join(layer.mount.upper, `round-${round}`), size, round++);
									writtenAt = systemClock.monotonic();
								});
								return Number(systemClock.monotonic() - writtenAt) / 1e6;
							},
						},
					],
					smoke ? 2 : 15,
				),
			},
			{
				title: "a place to come back to",
				measurements: await interleave(
					[
						{
							name: savepoint,
							sample: async () => {
								await using transaction = begin();
								await transaction.step(async (layer) => layer.writeFile("a" as TreePath, [Buffer.from("a")], 0o644));
								const total = await measure(() => {
									for (let each = 0; each < savepointsEach; each++) transaction.rollbackTo(transaction.savepoint());
								});
								return total / savepointsEach;
							},
						},
					],
					smoke ? 2 : 15,
				),
			},
		];
		const places = sections[1];
		return {
			sections,
			targets:
				places === undefined
					? []
					: [{ text: "savepoint, p50", measured: medianOf(places, savepoint), allowed: 5, unit: "ms" }],
			notes: ["Both hash and compress every file; git keeps each in a file of its own, Retake in one database."],
		};
	},
};

/** Files of about 2 KB, a hundred in a directory, new content each round. */
function writeTree(root: string, count: number, round: number): void {
	for (let index = 0; index < count; index++) {
		const directory = join(root, `d${Math.floor(index / 100)}`);
		if (index % 100 === 0) mkdirSync(directory, { recursive: true });
		writeFileSync(join(directory, `f${index}`), `${round} ${index}\n${"a line of some length\n".repeat(90)}`);
	}
}
