import type { Duplex } from "node:stream";
import type { OutputCollector } from "../output-collector.ts";
import { whenAborted } from "../when-aborted.ts";
import type { FrameSink } from "./split-frames.ts";

/** Takes apart what comes on a room's stream. */
export type Splitting = (sink: FrameSink) => (chunk: Buffer) => void;

/**
 * Hands what comes on a room's stream to the collector, frame by frame: while a frame's promise is pending, the stream is not
 * read, until `hurry` is aborted. Returns a promise of the last delivery, to be awaited after the stream's end; what a
 * listener throws goes to `fail`, and nothing is delivered after it.
 */
export function deliverFrames(
	stream: Duplex,
	splitting: Splitting,
	output: OutputCollector,
	hurry: AbortSignal,
	fail: (error: unknown) => void,
): () => Promise<void> {
	const waiting: Parameters<FrameSink>[] = [];
	const hurried = whenAborted(hurry);
	let last: Promise<void> = Promise.resolve();
	let isDelivering = false;
	let hasFailed = false;
	const deliver = async (): Promise<void> => {
		try {
			for (let frame = waiting.shift(); frame !== undefined && !hasFailed; frame = waiting.shift()) {
				const taken = output.add(...frame);
				if (taken === undefined) continue;
				if (!hurry.aborted) stream.pause();
				await Promise.race([taken, hurried]);
			}
		} catch (error) {
			hasFailed = true;
			fail(error);
		}
		isDelivering = false;
		stream.resume();
	};
	const split = splitting((...frame) => waiting.push(frame));
	stream.on("data", (chunk: Buffer) => {
		split(chunk);
		if (isDelivering) return;
		isDelivering = true;
		last = deliver();
	});
	return () => last;
}
