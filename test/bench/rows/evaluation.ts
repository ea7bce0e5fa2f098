import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { evaluate } from "@retake/evaluator";
import { openRuntime } from "@retake/runtime";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { plantFiles } from "../peers/plant-files.ts";
import { runProgram } from "../peers/run-program.ts";

/** A check that takes about 100 ms of a core, the start of Node included, and needs what the candidate wrote. */
const check = `node -e 'if (require("./answer.js") !== 42) process.exit(1); for (let i = 0, x = 0; i < 60e6; i++) x = (x + i) | 0'`;
const question = "module.exports = 41;\n";

const patchOf = (index: number): string =>
	`--- a/answer.js\n+++ b/answer.js\n@@ -1 +1 @@\n-${question}+module.exports = 42; // candidate ${index}\n`;

/** Compares an evaluation with running the same checks by hand. */
export const evaluationRow: BenchRow = {
	name: "eval",
	title: "candidates judged by a check that computes for about 100 ms",
	run: async ({ scratch, smoke }) => {
		const count = smoke ? 4 : 32;
		const jobs = availableParallelism();
		const workspace = join(scratch, "workspace");
		plantFiles(workspace, 50);
		writeFileSync(join(workspace, "answer.js"), question);
		await using runtime = await openRuntime({ workspace, store: join(scratch, "store") });
		const candidates = Array.from({ length: count }, (_, index) => ({
			kind: "patch" as const,
			name: `candidate-${index}`,
			patch: Buffer.from(patchOf(index)),
		}));
		const env = { ...process.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
		let copies = 0;
		const byHand = async (index: number): Promise<void> => {
			const copy = join(scratch, `copy-${copies++}`);
			await runProgram(["cp", "-a", workspace, copy]);
			writeFileSync(join(copy, "answer.js"), `module.exports = 42; // candidate ${index}\n`);
			await runProgram(["/bin/sh", "-c", check], { cwd: copy, env });
		};
		const judged = join(scratch, "judged");
		plantFiles(judged, 0);
		writeFileSync(join(judged, "answer.js"), "module.exports = 42;\n");
		const alone = `by hand: the check alone, ${jobs} at once`;
		const hand = `by hand: cp -a and the check, ${jobs} at once`;
		const ours = `retake: evaluate, ${jobs} at once`;
		const section = {
			title: `${count} candidates`,
			measurements: await interleave(
				[
					{ name: hand, sample: () => measure(() => inParallel(count, jobs, byHand)) },
					{
						name: alone,
						sample: () =>
							measure(() =>
								inParallel(count, jobs, () =>
									runProgram(["/bin/sh", "-c", check], { cwd: judged, env }).then(() => {}),
								),
							),
					},
					{
						name: ours,
						sample: () =>
							measure(async () => {
								const result = await evaluate(runtime, {
									checks: [{ name: "answers", command: check }],
									candidates,
									jobs,
								});
								const passed = result.candidates.filter(({ verdict }) => verdict === "pass").length;
								if (passed !== count) throw new Error(`${count - passed} of ${count} candidates did not pass`);
							}),
					},
				],
				smoke ? 1 : 5,
			),
		};
		const overhead = (medianOf(section, ours) / medianOf(section, hand) - 1) * 100;
		const perCandidate = (medianOf(section, ours) - medianOf(section, alone)) / count;
		return {
			sections: [section],
			targets: [{ text: "overhead over the checks by hand", measured: overhead, allowed: 10, unit: "%" }],
			notes: [
				"By hand there is no sandbox, no record and no limit; the tree has 51 files.",
				"What a copy costs depends on the disk: where that is busy, the check alone is what to compare with.",
				`For each candidate Retake takes ${perCandidate.toFixed(1)} ms more than the check alone.`,
			],
		};
	},
};

async function inParallel(count: number, jobs: number, work: (index: number) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < count) await work(next++);
	};
	await Promise.all(Array.from({ length: jobs }, worker));
}
