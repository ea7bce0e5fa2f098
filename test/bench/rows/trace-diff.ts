import { join } from "node:path";
import type { TraceDiffCounts } from "@retake/recorder";
import { type BenchRow, medianOf, type Target } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { runProgram } from "../peers/run-program.ts";

interface MeasuredDiff {
	readonly milliseconds: number;
	/** Of the whole process, both traces included. */
	readonly peakBytes: number;
	readonly builtBytes: number;
	readonly counts: TraceDiffCounts;
}

/** Measures the comparison of two long runs. */
export const traceDiffRow: BenchRow = {
	name: "trace-diff",
	title: "two runs compared, call by call",
	run: async ({ smoke }) => {
		const sizes = smoke ? [200, 2_000] : [10_000, 100_000];
		const peaks = new Map<number, MeasuredDiff[]>(sizes.map((size) => [size, []]));
		let seed = 1;
		const nameOf = (size: number): string => `retake: ${size.toLocaleString("en-US")} calls each`;
		const section = {
			title: "one diff in a process of its own",
			measurements: await interleave(
				sizes.map((size) => ({
					name: nameOf(size),
					sample: async () => {
						const measured = await diffOnce(size, seed++);
						peaks.get(size)?.push(measured);
						return measured.milliseconds;
					},
				})),
				smoke ? 1 : 5,
			),
		};
		const largest = sizes.at(-1) ?? 0;
		const diffs = peaks.get(largest) ?? [];
		const megabytes = (of: keyof Pick<MeasuredDiff, "peakBytes" | "builtBytes">): number =>
			Math.max(...diffs.map((diff) => diff[of])) / 1e6;
		const targets: Target[] = [
			{
				text: `${largest.toLocaleString("en-US")} calls against as many`,
				measured: medianOf(section, nameOf(largest)),
				allowed: 1000,
				unit: "ms",
			},
			{
				text: "memory at its peak, the process with both traces",
				measured: megabytes("peakBytes"),
				allowed: 500,
				unit: "MB",
			},
		];
		const counts = Object.entries(diffs[0]?.counts ?? {}).map(([kind, count]) => `${count} ${kind}`);
		return {
			sections: [section],
			targets,
			notes: [
				`One diff of the largest size had ${counts.join(", ")}. Seeds 1 to ${seed - 1}.`,
				`Both traces alone take ${Math.round(megabytes("builtBytes"))} MB, Node and the program included.`,
			],
		};
	},
};

async function diffOnce(count: number, seed: number): Promise<MeasuredDiff> {
	const program = join(import.meta.dirname, "../programs/diff-traces.ts");
	return JSON.parse(await runProgram([process.execPath, program, String(count), String(seed)]));
}
