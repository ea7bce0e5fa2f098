import type { AgentSession } from "../session.ts";
import { jsonOfCanonical, readCanonicalJson } from "./canonical-json.ts";
import { performRecorded, type RecordedWork } from "./perform-recorded.ts";
import { decodeStructured, encodeStructured } from "./structured-value.ts";

const itemStream = "item";

/** Work whose output comes item by item. */
export interface StreamedWork<Item> extends Omit<RecordedWork<void>, "work" | "onChunk"> {
	readonly work: (signal: AbortSignal) => Promise<AsyncIterable<Item>>;
}

/** What a recorded stream tells its reader. */
export interface ItemSink<Item> {
	readonly item: (item: Item) => void;
	readonly end: () => void;
	readonly fail: (error: unknown) => void;
}

/**
 * Does streaming work through a session's record: each item is a chunk of the call, and comes in a playback where it came live. The call is
 * issued before this returns; the sink is told from later turns of the event loop.
 */
export function streamRecorded<Item>(
	session: Pick<AgentSession, "perform">,
	{ work, ...rest }: StreamedWork<Item>,
	sink: ItemSink<Item>,
): void {
	let text = "";
	const ended = performRecorded<null>(session, {
		...rest,
		onChunk: (_stream, bytes) => {
			// Redaction may move where a chunk ends; lines stay whole.
			text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
			const lines = text.split("\n");
			text = lines.pop() ?? "";
			for (const line of lines) sink.item(decodeStructured(readCanonicalJson(line)) as Item);
		},
		work: async (signal, chunk) => {
			for await (const item of await work(signal)) {
				signal.throwIfAborted();
				await chunk(itemStream, Buffer.from(`${jsonOfCanonical(encodeStructured(item))}\n`, "utf8"));
			}
			return null;
		},
	});
	ended.then(() => sink.end(), sink.fail);
}

/** Returns streaming work as a stream that is read; who stops reading it cancels the call. */
export function recordedStream<Item>(
	session: Pick<AgentSession, "perform">,
	work: StreamedWork<Item>,
): ReadableStream<Item> {
	const stopped = new AbortController();
	const { signal } = work;
	const either = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
	return new ReadableStream<Item>({
		start: (controller) => {
			streamRecorded(
				session,
				{ ...work, signal: either },
				{
					item: (item) => stopped.signal.aborted || controller.enqueue(item),
					end: () => stopped.signal.aborted || controller.close(),
					fail: (error) => stopped.signal.aborted || controller.error(error),
				},
			);
		},
		cancel: (reason) => stopped.abort(reason),
	});
}
