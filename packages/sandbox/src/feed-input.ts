import type { Writable } from "node:stream";
import type { ExecRequest } from "./sandbox.ts";
import { whenAborted } from "./when-aborted.ts";

/**
 * Writes a command's input to where it reads from, no faster than it reads. Resolves when all is written or `over` is aborted,
 * which says that the command has ended; waits for `before` ahead of each chunk of a stream; rejects with what a stream throws. The caller ends or destroys the sink.
 */
export async function feedInput(
	input: ExecRequest["stdin"],
	sink: Writable,
	over: AbortSignal,
	before: () => Promise<unknown> = async () => undefined,
): Promise<void> {
	if (input instanceof Uint8Array) return writeChunk(input, sink, over);
	const iterator = input[Symbol.asyncIterator]();
	const ended = whenAborted(over).then(() => "over" as const);
	try {
		while (!over.aborted && !sink.destroyed) {
			const next = await Promise.race([iterator.next(), ended]);
			if (next === "over" || next.done === true) return;
			await before();
			await writeChunk(next.value, sink, over);
		}
	} finally {
		// A stream that waits for its own source would return only after that: nobody waits for it here.
		iterator.return?.().catch(() => undefined);
	}
}

/** A command may stop reading, or end, and must not fail for it: what it has not taken is dropped. */
async function writeChunk(bytes: Uint8Array, sink: Writable, over: AbortSignal): Promise<void> {
	if (over.aborted || sink.destroyed || bytes.length === 0 || sink.write(bytes)) return;
	await new Promise<void>((resolve) => {
		const settle = (): void => {
			sink.off("drain", settle).off("close", settle);
			over.removeEventListener("abort", settle);
			resolve();
		};
		sink.on("drain", settle).on("close", settle);
		over.addEventListener("abort", settle, { once: true });
	});
}
