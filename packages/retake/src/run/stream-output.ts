import type { Edges, OutputEnd } from "../edges/edges.ts";
import { createOutputEscaper } from "../terminal/output-escaper.ts";

/** Passes a command's output on as it comes. */
export interface OutputStreamer {
	readonly onChunk: (stream: string, bytes: Uint8Array) => void;
	/** Writes what an incomplete last character comes to. */
	end(): void;
}

/** Streams to standard output and standard error: escaped on a terminal, the exact bytes elsewhere. */
export function streamOutput({ stdout, stderr }: Edges): OutputStreamer {
	const out = streamTo(stdout);
	const error = streamTo(stderr);
	return {
		onChunk: (stream, bytes) => (stream === "stderr" ? error : out).write(bytes),
		end: () => {
			out.end();
			error.end();
		},
	};
}

function streamTo({ stream, isTerminal }: OutputEnd): { write(bytes: Uint8Array): void; end(): void } {
	if (!isTerminal) return { write: (bytes) => void stream.write(bytes), end: () => undefined };
	const escaper = createOutputEscaper();
	return { write: (bytes) => void stream.write(escaper.push(bytes)), end: () => void stream.write(escaper.end()) };
}
