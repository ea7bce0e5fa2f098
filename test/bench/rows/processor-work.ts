import { createBubblewrapDriver } from "@retake/sandbox";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { openDriverRoom } from "../peers/open-driver-room.ts";
import { runProgram } from "../peers/run-program.ts";

const outside = "outside";
const inside = "retake: exec in an open bubblewrap sandbox";

/** Compares work that is all processor, inside a sandbox and outside: what limits, filter and namespaces cost a command that runs long. */
export const processorWorkRow: BenchRow = {
	name: "processor-work",
	title: "work that is all processor, inside and outside",
	run: async ({ scratch, smoke }) => {
		const turns = smoke ? 100_000 : 4_000_000;
		const line = ["sh", "-c", `i=0; while [ $i -lt ${turns} ]; do i=$((i + 1)); done; echo $i`];
		const check = (printed: string): void => {
			if (printed !== `${turns}\n`) throw new Error(`the work was not done: ${printed}`);
		};
		await using room = await openDriverRoom(createBubblewrapDriver(), scratch);
		const section = {
			title: `${turns.toLocaleString("en")} turns of a loop of the shell`,
			measurements: await interleave(
				[
					{ name: outside, sample: () => measure(async () => check(await runProgram(line))) },
					{ name: inside, sample: () => measure(async () => check(await room.print(line))) },
				],
				smoke ? 2 : 21,
			),
		};
		const lost = (medianOf(section, inside) / medianOf(section, outside) - 1) * 100;
		return {
			sections: [section],
			targets: [{ text: "lost inside", measured: lost, allowed: 2, unit: "%" }],
			notes: ["Inside, the start of the sandbox counts too."],
		};
	},
};
