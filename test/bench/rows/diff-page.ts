import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { runProgram } from "../peers/run-program.ts";
import { writeTranscript } from "../programs/write-transcript.ts";

interface MeasuredPage {
	readonly milliseconds: number;
	readonly pageBytes: number;
	readonly calls: number;
}

/** Measures the page of two long runs that differ in nearly everything. */
export const diffPageRow: BenchRow = {
	name: "diff-page",
	title: "the page of two long runs whose every call came out otherwise",
	run: async ({ scratch, smoke }) => {
		const program = join(import.meta.dirname, "../programs/diff-page.ts");
		const files = ["a", "b"].map((letter) => join(scratch, `${letter}.jsonl`));
		const [first = "", second = ""] = files;
		writeTranscript(first, "claude-code", smoke ? 1_000_000 : 20_000_000);
		writeFileSync(second, readFileSync(first, "utf8").replaceAll(" ok - a line", " not ok - a line"));
		const pages: MeasuredPage[] = [];
		const name = "retake: read, compared and written";
		let workspaces = 0;
		const section = {
			title: "one page",
			measurements: await interleave(
				[
					{
						name,
						sample: async () => {
							const workspace = join(scratch, `workspace-${workspaces++}`);
							mkdirSync(workspace);
							const measured: MeasuredPage = JSON.parse(
								await runProgram([process.execPath, program, workspace, ...files]),
							);
							pages.push(measured);
							return measured.milliseconds;
						},
					},
				],
				smoke ? 1 : 5,
			),
		};
		const largest = Math.max(...pages.map(({ pageBytes }) => pageBytes)) / 1e6;
		return {
			sections: [section],
			targets: [
				{ text: "the page, from the two records", measured: medianOf(section, name), allowed: 5_000, unit: "ms" },
				{ text: "the page's size", measured: largest, allowed: 20, unit: "MB" },
			],
			notes: [`${pages[0]?.calls ?? 0} calls and messages in each run; results of all calls differ in every line.`],
		};
	},
};
