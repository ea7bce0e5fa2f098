import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { commandFlags } from "../harness/command-flags.ts";
import { createMeasurement } from "../harness/measurement.ts";
import { peakMemory } from "../harness/peak-memory.ts";
import { plantFiles } from "../peers/plant-files.ts";

const program = new URL("../programs/large-workspace.ts", import.meta.url).pathname;

/** Works on a workspace of a million files in a process of its own, whose memory is measured from outside. */
export const largeWorkspaceRow: BenchRow = {
	name: "large-workspace",
	title: "a million files",
	run: async ({ smoke, scratch }) => {
		const size = smoke ? 3_000 : 1_000_000;
		const workspace = join(scratch, "workspace");
		plantFiles(workspace, size);
		const words = [...commandFlags, program, workspace, join(scratch, "store"), smoke ? "2" : "25"];
		const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
		const [line] = (await Promise.race([
			once(createInterface(child.stdout), "line"),
			once(child, "close").then(() => [null]),
		])) as [string | null];
		if (line === null) throw new Error("the process that works on the large workspace ended early");
		const peakMegabytes = peakMemory(child.pid) / 2 ** 20;
		child.stdin.end();
		await once(child, "close");
		const samples = JSON.parse(line) as Record<string, number[]>;
		const section = {
			title: `${size.toLocaleString("en-US")} files`,
			measurements: Object.entries(samples).map(([name, each]) => createMeasurement(`retake: ${name}`, each)),
		};
		return {
			sections: [section],
			targets: [
				{ text: "peak resident memory of the process", measured: peakMegabytes, allowed: 300, unit: "MB" },
				...["begin", "fork"].map((name) => ({
					text: `${name}, p50`,
					measured: medianOf(section, `retake: ${name}, on record`),
					allowed: 5,
					unit: "ms" as const,
				})),
			],
			notes: [
				"Peak memory is the kernel's VmHWM of the process, its threads included; Node alone takes about 50 MB.",
				`The process is started as the command is, with ${commandFlags.join(" ")}.`,
			],
		};
	},
};
