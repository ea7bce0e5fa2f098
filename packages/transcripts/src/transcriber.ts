import type { CanonicalValue } from "@retake/changeset";
import { type CallAddress, type ForeignLog, noFailureDetails, type Outcome } from "@retake/recorder";
import type { AnsweredEvent, TranscriptEvent } from "./transcript-event.ts";

/** Where the events of a transcript go; a survey has none and only counts. */
export type TranscriberLog = Pick<ForeignLog, "issue" | "settle">;

/** Turns what a transcript tells into calls: gives them their addresses, and pairs results with calls by the transcript's own names. */
export class Transcriber {
	readonly #log: TranscriberLog | null;
	readonly #startedAt: number | null;
	readonly #open = new Map<string, CallAddress>();
	readonly #nextInScope = new Map<string, number>();
	#firstAt: number | null = null;
	#firstWords: string | null = null;
	#lastMs = 0;
	#calls = 0;
	#messages = 0;
	#resultsWithoutCall = 0;

	/** `startedAt`: milliseconds since 1970, from which the log counts. */
	constructor(log: TranscriberLog | null, startedAt: number | null) {
		this.#log = log;
		this.#startedAt = startedAt;
	}

	/** The first moment that the transcript names. */
	get firstAt(): number | null {
		return this.#firstAt;
	}

	/** The beginning of what the user said first, on one line; null where that is no text. */
	get firstWords(): string | null {
		return this.#firstWords;
	}

	/** When the last thing happened, milliseconds since the run began. */
	get lastMs(): number {
		return this.#lastMs;
	}

	get counts() {
		const { size } = this.#open;
		return {
			calls: this.#calls,
			messages: this.#messages,
			resultsWithoutCall: this.#resultsWithoutCall,
			callsWithoutResult: size,
		};
	}

	take(event: TranscriptEvent): void {
		const atMs = this.#timeOf(event);
		switch (event.kind) {
			case "said": {
				this.#messages++;
				if (event.speaker === "user") this.#firstWords ??= wordsOf(event.input);
				const address = this.#address(event.scope);
				this.#log?.issue({ address, kind: "value", tool: event.speaker, input: event.input, atMs });
				this.#log?.settle(address, { kind: "result", value: event.about }, atMs);
				return;
			}
			case "called": {
				this.#calls++;
				const address = this.#address(event.scope);
				// A name that is used again names the later call: the one before can have no result of its own any more.
				this.#open.set(this.#open.has(event.callId) ? `${event.callId} ${this.#calls}` : event.callId, address);
				this.#log?.issue({ address, kind: "tool", tool: event.tool, input: event.input, atMs });
				return;
			}
			case "answered": {
				const address = this.#open.get(event.callId);
				if (address === undefined) {
					this.#resultsWithoutCall++;
					return;
				}
				this.#open.delete(event.callId);
				this.#log?.settle(address, outcomeOf(event), atMs);
				return;
			}
		}
	}

	/** Time never goes back in a log: a transcript's entries may be stamped out of order by a little. */
	#timeOf({ at }: TranscriptEvent): number {
		if (at === null) return this.#lastMs;
		this.#firstAt ??= at;
		this.#lastMs = Math.max(this.#lastMs, at - (this.#startedAt ?? at));
		return this.#lastMs;
	}

	#address(scope: string): CallAddress {
		const sequence = this.#nextInScope.get(scope) ?? 0;
		this.#nextInScope.set(scope, sequence + 1);
		return { scope, sequence };
	}
}

const titleCharacters = 80;

function wordsOf(input: CanonicalValue): string | null {
	const text = (input as { readonly text?: CanonicalValue } | null)?.text;
	if (typeof text !== "string") return null;
	const words = text.slice(0, 1_000).replaceAll(/\s+/g, " ").trim();
	return words === "" ? null : words.slice(0, titleCharacters).toWellFormed();
}

function outcomeOf({ result, failure }: AnsweredEvent): Outcome {
	if (failure === null) return { kind: "result", value: result };
	const error = { name: "ToolError", code: "TOOL_FAILED", sort: "operation", remedy: null, data: null } as const;
	return { kind: "error", error: { ...error, ...noFailureDetails, message: failure } };
}
