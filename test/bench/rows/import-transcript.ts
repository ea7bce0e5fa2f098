import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { runProgram } from "../peers/run-program.ts";
import { type WrittenFormat, writeTranscript } from "../programs/write-transcript.ts";

interface MeasuredImport {
	readonly milliseconds: number;
	/** Of the whole process. */
	readonly peakBytes: number;
	/** Of the process before it began. */
	readonly builtBytes: number;
	readonly calls: number;
	readonly messages: number;
}

/** Measures taking in a long session of another agent. */
export const importTranscriptRow: BenchRow = {
	name: "import-transcript",
	title: "a session of another agent taken in, an entry at a time",
	run: async ({ scratch, smoke }) => {
		const bytes = smoke ? 1_000_000 : 50_000_000;
		const program = join(import.meta.dirname, "../programs/import-transcript.ts");
		const taken: MeasuredImport[] = [];
		const nameOf = (format: WrittenFormat): string => `${format}: ${bytes / 1e6} MB`;
		const formats: readonly WrittenFormat[] = ["claude-code", "codex"];
		for (const format of formats) writeTranscript(join(scratch, `${format}.jsonl`), format, bytes);
		let workspaces = 0;
		const section = {
			title: "one import in a process of its own, into an empty store",
			measurements: await interleave(
				formats.map((format) => ({
					name: nameOf(format),
					sample: async () => {
						const workspace = join(scratch, `workspace-${workspaces++}`);
						mkdirSync(workspace);
						const file = join(scratch, `${format}.jsonl`);
						const measured: MeasuredImport = JSON.parse(await runProgram([process.execPath, program, workspace, file]));
						taken.push(measured);
						return measured.milliseconds;
					},
				})),
				smoke ? 1 : 5,
			),
		};
		const most = (of: "peakBytes" | "builtBytes"): number => Math.max(...taken.map((one) => one[of])) / 1e6;
		return {
			sections: [section],
			targets: [
				...formats.map((format) => ({
					text: `${nameOf(format)}, taken in`,
					measured: medianOf(section, nameOf(format)),
					allowed: 10_000,
					unit: "ms" as const,
				})),
				{ text: "memory at its peak, the whole process", measured: most("peakBytes"), allowed: 400, unit: "MB" },
			],
			notes: [
				`The files have ${formats.map((format) => (statSync(join(scratch, `${format}.jsonl`)).size / 1e6).toFixed(1)).join(" and ")} MB, ` +
					`and became ${[...new Set(taken.map(({ calls, messages }) => `${calls} calls and ${messages} messages`))].join(", ")}.`,
				`The process had ${Math.round(most("builtBytes"))} MB before it began.`,
			],
		};
	},
};
