import { join } from "node:path";
import { defaultLimits, systemClock, systemRandomness, type TreeId } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import { type Recording, type StartRecordingOptions, startRecording } from "@retake/recorder";
import { openStore, type Store } from "@retake/store";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { type Contestant, interleave } from "../harness/interleave.ts";
import { measureEach } from "../harness/measure.ts";
import { openAgentFs } from "../peers/agent-fs.ts";
import { type BareTable, openBareTable } from "../peers/bare-table.ts";

const tool = { kind: "tool", name: "bench", schemaHash: hashCanonical("bench") } as const;
const crowdSize = 16;
const bareCrowd = "bare better-sqlite3: same bytes of 16 calls, two inserts each";
const half = "x".repeat(500);

/** The header of a recording that nothing but the bench writes to. */
export const benchHeader: StartRecordingOptions["header"] = {
	parentRunId: null,
	kind: "library",
	title: "bench",
	program: null,
	base: { treeId: "0".repeat(64) as TreeId, changesetId: null, commit: null, workspace: "/bench" },
	sandbox: {},
	limits: defaultLimits,
	tools: { bench: tool.schemaHash },
};

/** Starts a recording that nothing but the bench writes to. */
export function startBenchRecording(store: Store): Recording {
	return startRecording({ store, clock: systemClock, randomness: systemRandomness, header: benchHeader });
}

/** Returns the request of a call of about 1 KB, input and result together. */
export function kilobyteCall(index: number) {
	const input: CanonicalValue = { index, text: half };
	return { tool, input, execute: async () => ({ value: half, changesetId: null }) };
}

async function bareRound(bare: BareTable, events: readonly Uint8Array[]): Promise<void> {
	for (let index = 0; index < crowdSize; index++) for (const event of events) bare.insert(event);
}

/** Compares the recording of a call with a bare insert of its bytes. */
export const recordRow: BenchRow = {
	name: "record",
	title: "one call of 1 KB put on record, safe from a crash of the process",
	run: async ({ scratch, smoke, peers }) => {
		const batch = smoke ? 50 : 500;
		using store = openStore(join(scratch, "store"), { clock: systemClock });
		const recording = startBenchRecording(store);
		await recording.call(kilobyteCall(0));
		const events = [...store.events.read(recording.runId)].map(({ bytes }) => bytes);
		using bare = openBareTable(join(scratch, "bare.db"));
		const ours = "retake: issued and settled, chained";
		const bareOnce = "bare better-sqlite3: same bytes, one insert";
		const bareTwice = "bare better-sqlite3: same bytes, two inserts";
		const whole = Buffer.concat(events);
		const contestants: Contestant[] = [
			{ name: bareOnce, sample: () => measureEach(batch, () => bare.insert(whole)) },
			{
				name: bareTwice,
				sample: () =>
					measureEach(batch, () => {
						for (const event of events) bare.insert(event);
					}),
			},
			{ name: ours, sample: () => measureEach(batch, (index) => recording.call(kilobyteCall(index))) },
		];
		await using agentFs = await openAgentFs(peers, join(scratch, "agentfs.db"));
		if (agentFs !== null) {
			contestants.push({
				name: `agentfs-sdk ${agentFs.version}: start and success`,
				sample: () => measureEach(Math.ceil(batch / 10), (index) => agentFs.record({ index, text: half }, half)),
			});
		}
		const section = { title: "record a call", measurements: await interleave(contestants, smoke ? 3 : 25) };
		const parallel = startBenchRecording(store);
		const crowd = "retake: 16 at once, sharing transactions";
		const round = () =>
			Promise.all(Array.from({ length: crowdSize }, (_, index) => parallel.call(kilobyteCall(index))));
		const rounds = Math.ceil(batch / crowdSize);
		const crowdSection = {
			title: "16 calls at once",
			measurements: await interleave(
				[
					{ name: bareCrowd, sample: () => measureEach(rounds, () => bareRound(bare, events)) },
					{ name: crowd, sample: () => measureEach(rounds, round) },
				],
				smoke ? 3 : 25,
			),
		};
		const times = (reference: string) => medianOf(section, ours) / medianOf(section, reference);
		const perCall = medianOf(crowdSection, crowd) / crowdSize;
		return {
			sections: [section, crowdSection],
			targets: [
				{ text: "times a bare insert of the same bytes", measured: times(bareOnce), allowed: 2, unit: "×" },
				{
					text: "times a bare insert of the same bytes, each of 16 calls at once",
					measured: perCall / medianOf(section, bareOnce),
					allowed: 2,
					unit: "×",
				},
			],
			notes: [
				`A call is two events of ${whole.byteLength} bytes together, and two transactions, since the issue must be kept before the call is executed. So two bare inserts are the floor, ${(medianOf(section, bareTwice) / medianOf(section, bareOnce)).toFixed(2)} × of one; a call by itself takes ${times(bareTwice).toFixed(2)} × the floor.`,
				`Of 16 calls at once each takes ${(perCall / medianOf(section, bareTwice)).toFixed(2)} × the floor of one by itself.`,
				...(agentFs === null ? ["agentfs-sdk takes part where --peers names a directory that has it."] : []),
			],
		};
	},
};
