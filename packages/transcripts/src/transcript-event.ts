import type { CanonicalValue } from "@retake/changeset";

/** Who says something in a transcript. `observation`: the surroundings, unasked. */
export type Speaker = "user" | "assistant" | "thinking" | "system" | "observation";

interface TimedEvent {
	/** Milliseconds since 1970; null where the transcript does not say. */
	readonly at: number | null;
}

/** Somebody said something. */
export interface SaidEvent extends TimedEvent {
	readonly kind: "said";
	/** `/` for the session itself, `/0/0` for its first sub-agent. */
	readonly scope: string;
	readonly speaker: Speaker;
	/** What was said. */
	readonly input: CanonicalValue;
	/** What is known about it besides: the model, tokens. */
	readonly about: CanonicalValue;
}

/** A tool was called. */
export interface CalledEvent extends TimedEvent {
	readonly kind: "called";
	readonly scope: string;
	/** By which the result names the call. */
	readonly callId: string;
	readonly tool: string;
	readonly input: CanonicalValue;
}

/** The result of a call. */
export interface AnsweredEvent extends TimedEvent {
	readonly kind: "answered";
	readonly callId: string;
	readonly result: CanonicalValue;
	/** The message of a call that failed; null for one that did not. */
	readonly failure: string | null;
}

/** One thing that a transcript tells. */
export type TranscriptEvent = SaidEvent | CalledEvent | AnsweredEvent;
