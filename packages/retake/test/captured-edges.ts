import { Readable, Writable } from "node:stream";
import type { Edges } from "../src/edges/edges.ts";

/** Edges whose output is kept. Fault model: none; the clock stands still. */
export interface CapturedEdges extends Edges {
	readonly written: { stdout: string; stderr: string };
}

/** Makes edges for one run of the command line, 80 columns wide and without a terminal. */
export function captureEdges(workingDirectory: string): CapturedEdges {
	const written = { stdout: "", stderr: "" };
	const end = (name: "stdout" | "stderr") => ({
		stream: new Writable({
			write: (chunk: Buffer, _encoding, done) => {
				written[name] += chunk.toString("utf8");
				done();
			},
		}),
		isTerminal: false,
		columns: 80,
		rows: 24,
		colour: false,
	});
	return {
		workingDirectory,
		dockerHost: null,
		dockerCertificates: null,
		environment: {},
		mcpToken: null,
		stdin: Readable.from([]),
		stdout: end("stdout"),
		stderr: end("stderr"),
		clock: { now: () => 1_800_000_000_000, monotonic: () => 0n },
		randomness: { bytes: (count) => new Uint8Array(count) },
		interrupted: new AbortController().signal,
		written,
	};
}
