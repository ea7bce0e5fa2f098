import { Readable, Writable } from "node:stream";
import { RetakeError } from "@retake/base";
import type { Edges } from "../edges/edges.ts";
import { escapeText } from "../terminal/escape-text.ts";

/** Standard input and output as an MCP client at their other end sees them. Throws `USAGE` where they are no streams. */
export function standardStreams({ stdin, stdout }: Edges): { readonly input: Readable; readonly output: Writable } {
	if (stdin instanceof Readable && stdout.stream instanceof Writable) return { input: stdin, output: stdout.stream };
	throw new RetakeError("USAGE", "standard input and output are not streams", { sort: "misuse" });
}

/** Returns what tells people of an error that no message of the protocol can carry. */
export function reportTo({ stderr }: Edges): (error: Error) => void {
	return (error) => void stderr.stream.write(`retake: ${escapeText(error.message)}\n`);
}
