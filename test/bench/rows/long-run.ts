import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type RunId, systemClock } from "@retake/base";
import { copyRun } from "@retake/recorder";
import { openStore, openTapeFile } from "@retake/store";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { commandFlags } from "../harness/command-flags.ts";
import { interleave } from "../harness/interleave.ts";
import { runProgram } from "../peers/run-program.ts";

interface Measured {
	readonly runId: RunId;
	readonly milliseconds: number;
	/** Of the whole process. */
	readonly peakBytes: number;
	readonly bytes: number;
}

const recorded = "retake: recorded";
const playedBack = "retake: played back";
const resumed = "retake: 100,000 calls served, then one executed";

/** What is done with a recorded run, by the name of its line. */
const commands = {
	"retake replay": ["replay", "--json"],
	"retake show": ["show"],
	"retake show --json": ["show", "--json"],
	"retake export to JSON lines": ["export", "--format", "jsonl"],
	"retake export to a tape": ["export", "--format", "retake"],
} as const;

/** Measures what long runs take: their memory, their resumption, their tape. */
export const longRunRow: BenchRow = {
	name: "long-run",
	title: "a run of 1,000,000 events; the resumption of 100,000 calls",
	run: async ({ scratch, smoke }) => {
		const calls = smoke ? 500 : 500_000;
		const cutCalls = smoke ? 500 : 100_000;
		const once = { roundsMax: 1 };
		const take = async (mode: string, store: string, count: number, run = ""): Promise<Measured> => {
			const program = join(import.meta.dirname, "../programs/long-run.ts");
			return JSON.parse(
				await runProgram([process.execPath, ...commandFlags, program, mode, join(scratch, store), String(count), run]),
			);
		};
		const long = await take("record", "long", calls);
		let played = long;
		const peaks = new Map<string, number>();
		const command = (name: keyof typeof commands) => ({
			name,
			...once,
			sample: async () => {
				const { milliseconds, peakBytes } = await runCommand(commands[name], join(scratch, "long"), long.runId);
				peaks.set(name, peakBytes);
				return milliseconds;
			},
		});
		const cut = await take("cut", "cut", cutCalls);
		const measurements = await interleave(
			[
				{ name: recorded, ...once, sample: async () => long.milliseconds },
				{
					name: playedBack,
					...once,
					sample: async () => {
						played = await take("play", "long", calls, long.runId);
						return played.milliseconds;
					},
				},
				...Object.keys(commands).map((name) => command(name as keyof typeof commands)),
				{ name: resumed, ...once, sample: async () => (await take("resume", "cut", cutCalls, cut.runId)).milliseconds },
			],
			1,
		);
		const section = { title: `${2 * calls + 1} events, each in a process of its own`, measurements };
		const tape = tapeBytes(scratch, cut.runId);
		const lines = (await take("lines", "cut", cutCalls, cut.runId)).bytes;
		const megabytes = ({ peakBytes }: Measured) => peakBytes / 1e6;
		return {
			sections: [section],
			targets: [
				{ text: "memory at its peak while it is recorded", measured: megabytes(long), allowed: 300, unit: "MB" },
				{ text: "memory at its peak while it is played back", measured: megabytes(played), allowed: 300, unit: "MB" },
				...[...peaks].map(([name, peakBytes]) => {
					return {
						text: `memory of ${name} at its peak`,
						measured: peakBytes / 1e6,
						allowed: 300,
						unit: "MB",
					} as const;
				}),
			],
			notes: [
				`The tape file of ${cutCalls.toLocaleString("en-US")} calls has ${(tape / 1e6).toFixed(1)} MB, the same calls as gzipped lines of JSON, without chain and index, ${(lines / 1e6).toFixed(1)} MB.`,
				`${cutCalls.toLocaleString("en-US")} calls were resumed in ${(medianOf(section, resumed) / 1000).toFixed(1)} s, each served and written into the log of the run that goes on.`,
			],
		};
	},
};

/** Runs a command on a run, in a process as it starts itself, and reads what it took at its peak. */
async function runCommand([verb, ...words]: readonly string[], store: string, runId: RunId) {
	const to = verb === "export" ? ["--to", join(store, words.join(""))] : [];
	const peakFile = join(store, "peak");
	const programs = join(import.meta.dirname, "../programs");
	const startedAt = performance.now();
	await runProgram(
		[
			process.execPath,
			...commandFlags,
			`--import=${join(programs, "tell-peak.ts")}`,
			join(import.meta.dirname, "../../../packages/retake/bin/retake.js"),
			...[verb ?? "", runId, ...words, ...to, "--store", store, "--workspace", store],
		],
		{ env: { ...process.env, PEAK_FILE: peakFile }, output: "dropped" },
	);
	return { milliseconds: performance.now() - startedAt, peakBytes: Number(readFileSync(peakFile, "utf8")) };
}

function tapeBytes(scratch: string, runId: RunId): number {
	const file = join(scratch, "cut.retake");
	using store = openStore(join(scratch, "cut"), { clock: systemClock });
	{
		using tape = openTapeFile(file, { clock: systemClock, mode: "create" });
		copyRun(store, tape, store.runs.get(runId));
	}
	return statSync(file).size;
}
