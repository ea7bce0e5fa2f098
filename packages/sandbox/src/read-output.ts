import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { whenAborted } from "./when-aborted.ts";

/**
 * Hands everything that comes on a stream to `take`, and reads on when the promise that it may return has resolved or `hurry` is
 * aborted. Resolves at the stream's end; rejects with what `take` throws or the stream's own error.
 */
export async function readOutput(
	stream: Readable,
	take: (bytes: Buffer) => void | Promise<void>,
	hurry: AbortSignal,
): Promise<void> {
	const fail = (cause: unknown): void => void stream.destroy(cause as Error);
	const goOn = (): void => void stream.resume();
	let pending: Promise<void> = Promise.resolve();
	hurry.addEventListener("abort", goOn, { once: true });
	stream.on("data", (bytes: Buffer) => {
		try {
			const taken = take(bytes);
			if (taken === undefined) return;
			if (!hurry.aborted) stream.pause();
			pending = taken;
			void taken.then(goOn, fail);
		} catch (cause) {
			fail(cause);
		}
	});
	try {
		await finished(stream, { writable: false });
		// The stream's end may come while its last chunk is still being taken.
		await Promise.race([pending, whenAborted(hurry)]);
	} finally {
		hurry.removeEventListener("abort", goOn);
		stream.destroy();
	}
}
