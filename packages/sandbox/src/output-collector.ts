import type { ExecRequest, ExecResult } from "./sandbox.ts";

/** Keeps what a command prints, up to a limit for each stream, and counts the rest. */
export interface OutputCollector {
	/**
	 * Takes the next bytes of a stream; keeps a copy, so that the caller may use its buffer again. A promise is the listener's:
	 * nothing more should be read until it resolves.
	 */
	add(stream: "stdout" | "stderr", bytes: Uint8Array): void | Promise<void>;
	/** Returns what was kept and how much was not. */
	collected(): Pick<ExecResult, "stdout" | "stderr" | "droppedBytes">;
}

/** Makes a collector that keeps `bytesMax` of each stream and hands every kept chunk to `onOutput`. */
export function createOutputCollector(bytesMax: number, onOutput?: ExecRequest["onOutput"]): OutputCollector {
	const kept = { stdout: createSink(), stderr: createSink() };
	return {
		add: (stream, bytes) => {
			const sink = kept[stream];
			const room = Math.max(0, bytesMax - sink.size);
			sink.dropped += Math.max(0, bytes.length - room);
			if (room === 0 || bytes.length === 0) return;
			const chunk = Uint8Array.prototype.slice.call(bytes, 0, room);
			sink.chunks.push(chunk);
			sink.size += chunk.length;
			return onOutput?.(stream, chunk);
		},
		collected: () => ({
			stdout: join(kept.stdout),
			stderr: join(kept.stderr),
			droppedBytes: { stdout: kept.stdout.dropped, stderr: kept.stderr.dropped },
		}),
	};
}

interface Sink {
	readonly chunks: Uint8Array[];
	size: number;
	dropped: number;
}

function createSink(): Sink {
	return { chunks: [], size: 0, dropped: 0 };
}

function join(sink: Sink): Uint8Array {
	const bytes = new Uint8Array(sink.size);
	let offset = 0;
	for (const chunk of sink.chunks) {
		bytes.set(chunk, offset);
		offset += chunk.length;
	}
	return bytes;
}
