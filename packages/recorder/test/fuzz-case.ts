import { isRetakeError } from "@retake/base";
import type { Store } from "@retake/store";
import { addressKey, type Divergence, startPlayback, type Tape } from "../src/index.ts";
import { end, record, request, seededRandom, seededRandomness } from "./fixture.ts";
import { type Action, randomAgent, run } from "./random-agent.ts";

/** What was changed in an agent between its record and its playback, and what must be found for it. */
interface Planted {
	readonly changed: number;
	readonly before: readonly Action[];
	readonly dropsLast: boolean;
	readonly kinds: readonly Divergence["kind"][];
	readonly address: string;
}

const call = (input: string): Action => ({ kind: "call", input, chunks: 1, fails: false });

/** Every agent that something is planted in begins and ends with a call of its own. */
function plant(choice: number): Planted {
	const nothing = { changed: -1, before: [], dropsLast: false };
	if (choice === 0) return { ...nothing, changed: 0, kinds: ["input"], address: "/#0" };
	// What comes first is now the second: the first call is a recorded one made elsewhere, or none of the record's.
	if (choice === 1) return { ...nothing, before: [call("inserted")], kinds: ["input", "order"], address: "/#0" };
	return { ...nothing, dropsLast: true, kinds: ["unconsumed"], address: "" };
}

/** Records a random agent and plays it back under another schedule. Returns what is wrong, in words; null where all is right. */
export async function fuzzPlayback(store: Store, seed: number): Promise<string | null> {
	const agent = randomAgent(seededRandom(seed));
	const recording = record(store, { randomness: seededRandomness(seed) });
	const live = await run(recording, agent, seededRandom(seed + 1_000_000));
	const rootHash = await recording.finish(end);
	const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
	const replayed = await run(playback, agent, seededRandom(seed + 2_000_000));
	const report = await playback.finish();
	store.runs.remove(recording.runId);
	if (report.divergences.length > 0) return `a divergence: ${report.divergences[0]?.message}`;
	if (JSON.stringify(replayed) !== JSON.stringify(live)) return "the program saw something else";
	if (report.rootHash.recorded !== rootHash || report.rootHash.recomputed !== rootHash) return "another root hash";
	return null;
}

/** Records a random agent and plays another one back. Returns what is wrong with what was found; null where it was named rightly. */
export async function fuzzDivergence(store: Store, seed: number): Promise<string | null> {
	const planted = plant(seed % 3);
	const last = call("last");
	const agent = [call("first"), ...randomAgent(seededRandom(seed))];
	const recording = record(store, { randomness: seededRandomness(seed) });
	await run(recording, [...agent, last], seededRandom(seed + 1_000_000));
	await recording.finish(end);
	const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
	const other = [...planted.before, ...agent, ...(planted.dropsLast ? [] : [last])];
	const failure = await run(playback, other, seededRandom(seed + 2_000_000), planted.changed).catch(
		(error: unknown) => error,
	);
	const { divergences, rootHash } = await playback.finish();
	store.runs.remove(recording.runId);
	const [found] = divergences;
	if (found === undefined || divergences.length > 1) return `${divergences.length} divergences`;
	if (!planted.kinds.includes(found.kind)) return `taken for ${found.kind}`;
	if (planted.address !== "" && (found.address === null || addressKey(found.address) !== planted.address)) {
		return `found at ${found.address === null ? "no address" : addressKey(found.address)}`;
	}
	if (!planted.dropsLast && !isRetakeError(failure, "DIVERGENCE")) return "the program was not told";
	return rootHash.recomputed === rootHash.recorded ? "the root hash is the recorded one" : null;
}

/** Plays a run of one call back with another result on record, as a control: the comparison must see it. */
export async function playsAnotherRecord(store: Store): Promise<boolean> {
	const program = async (tape: Tape, value: string) =>
		JSON.stringify((await tape.call(request("exec", "x", async () => value))).value);
	const [first, second] = [record(store), record(store, { randomness: seededRandomness(2) })];
	const live = await program(first, "one");
	await program(second, "two");
	await first.finish(end);
	await second.finish(end);
	const playback = startPlayback({ store, run: second.runId, policy: "strict" });
	const replayed = await program(playback, "none");
	await playback.finish();
	return replayed !== live;
}
