import { Buffer } from "node:buffer";
import type { Line } from "../text/lines.ts";

/** Reads a patch line by line, with one line of look-ahead. */
export class PatchCursor {
	readonly #text: string;
	#start = 0;
	#current: Line | null;
	/** Number of the line that `peek` shows, from 1. */
	line = 1;

	constructor(bytes: Uint8Array) {
		this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
		this.#current = this.#lineAt(0);
	}

	/** Returns the line that `next` will take, with its line feed; null at the end. */
	peek(): Line | null {
		return this.#current;
	}

	/** Takes a line. */
	next(): Line | null {
		const taken = this.#current;
		if (taken === null) return null;
		this.#start += taken.length;
		this.#current = this.#lineAt(this.#start);
		this.line++;
		return taken;
	}

	/** Returns the lines after the one that `peek` shows, without taking them. */
	lookAhead(count: number): Line[] {
		const ahead: Line[] = [];
		let start = this.#start + (this.#current?.length ?? 0);
		while (ahead.length < count) {
			const line = this.#lineAt(start);
			if (line === null) break;
			ahead.push(line);
			start += line.length;
		}
		return ahead;
	}

	#lineAt(start: number): Line | null {
		if (start >= this.#text.length) return null;
		const feed = this.#text.indexOf("\n", start);
		return this.#text.slice(start, feed === -1 ? this.#text.length : feed + 1);
	}
}

/** Takes the line feed off a header line, and the carriage return of a patch that went through a mailer. */
export function withoutLineEnd(line: Line): string {
	if (line.endsWith("\r\n")) return line.slice(0, -2);
	return line.endsWith("\n") ? line.slice(0, -1) : line;
}
