import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { openRuntime } from "@retake/runtime";
import { type BenchRow, medianOf } from "../harness/bench-row.ts";
import { type Contestant, interleave } from "../harness/interleave.ts";
import { measureEach } from "../harness/measure.ts";
import { countPieces, openHttpPeers } from "../peers/http-peers.ts";

/** Events of a server that streams, as a model's provider does. */
const events = Array.from({ length: 10 }, (_, index) => `data: {"delta":"word ${index} of what a model says"}\n\n`);

/** Measures what a recorded HTTP call costs when it is replayed in this process, its body in the pieces in which it came. */
export const httpPlaybackRow: BenchRow = {
	name: "http-playback",
	title: "a recorded HTTP call of ten events, replayed through fetch",
	run: async ({ scratch, smoke, peers }) => {
		const count = smoke ? 10 : 500;
		const server = createServer((_request, response) => {
			response.writeHead(200, { "content-type": "text/event-stream" });
			void (async () => {
				for (const event of events) {
					response.write(event);
					await wait(2);
				}
				response.end();
			})();
		}).listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/events`;

		await using runtime = await openRuntime({ workspace: scratch, sandbox: "none" });
		const start = { base: runtime.emptyBase, kind: "library", title: "bench", program: null } as const;
		await using session = await runtime.startSession(start);
		const recorded = session.wrapFetch(fetch);
		const recordedPieces: number[] = [];
		for (let index = 0; index < count; index++) recordedPieces.push(await countPieces(await recorded(url)));
		const { runId } = await session.keep({ verdict: "done", failed: false });
		const run = runtime.store.runs.get(runId);

		await using stack = new AsyncDisposableStack();
		const others = peers === null ? [] : await openHttpPeers(peers, { url, events, scratch });
		for (const peer of others) stack.use(peer);
		// From here on nobody listens there: whoever answers has a record.
		server.closeAllConnections();
		server.close();

		const pieces = new Map<string, number>();
		const ours = "retake: wrapFetch, compared and chained";
		const contestants: Contestant[] = [
			{
				name: ours,
				sample: async () => {
					const playback = runtime.openPlayback(run, "strict");
					let milliseconds = 0;
					const report = await playback.finishAfter(async () => {
						const replayed = playback.wrapFetch(refuse);
						milliseconds = await measureEach(count, async (index) => {
							const came = await countPieces(await replayed(url));
							if (came !== recordedPieces[index]) throw new Error(`${came} pieces, ${recordedPieces[index]} recorded`);
						});
						return { verdict: "done", failed: false };
					});
					if (report.divergences.length > 0 || report.served !== count) throw new Error("not identical");
					return milliseconds;
				},
			},
			...others.map((peer) => ({
				name: peer.name,
				sample: () =>
					peer.during(() => measureEach(smoke ? 5 : 50, async () => void pieces.set(peer.name, await peer.ask()))),
			})),
		];
		const section = {
			title: "one call, its body read to its end",
			measurements: await interleave(contestants, smoke ? 2 : 9),
		};
		const told = [...pieces].map(([name, came]) => `${name} handed the body over in ${came}`);
		return {
			sections: [section],
			targets: [{ text: "an HTTP call replayed, p50", measured: medianOf(section, ours), allowed: 0.5, unit: "ms" }],
			notes: [
				`The server wrote ten events; of the ${count} calls each came in the pieces that were recorded, ${Math.max(...recordedPieces)} at most.`,
				...(told.length === 0 ? ["No peers: they are installed with --peers."] : [`${told.join("; ")}.`]),
			],
		};
	},
};

async function refuse(): Promise<never> {
	throw new Error("a playback went live");
}
