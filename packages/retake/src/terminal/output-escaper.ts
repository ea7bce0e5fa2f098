import { escapeOutput } from "./escape-text.ts";

/** Escapes a stream of output as it comes; a character that is cut by a chunk's end waits for the next. */
export interface OutputEscaper {
	push(bytes: Uint8Array): string;
	/** Returns what an incomplete last character comes to. */
	end(): string;
}

/** Makes an escaper for one stream. */
export function createOutputEscaper(): OutputEscaper {
	const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
	return {
		push: (bytes) => escapeOutput(decoder.decode(bytes, { stream: true })),
		end: () => escapeOutput(decoder.decode()),
	};
}
