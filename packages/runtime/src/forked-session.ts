import type { ForkedRecording, ForkOrigin } from "@retake/recorder";
import { LiveSession, type LiveSessionParts } from "./live-session.ts";
import type { ForkedSession } from "./runtime.ts";

/** What a forked session is made of. */
export interface ForkedLiveSessionParts extends LiveSessionParts {
	readonly recording: ForkedRecording;
}

/** A session that begins as a recorded run did, and knows how far it has followed it. */
export class ForkedLiveSession extends LiveSession implements ForkedSession {
	readonly #recording: ForkedRecording;

	constructor(parts: ForkedLiveSessionParts) {
		super(parts);
		this.#recording = parts.recording;
	}

	get origin(): ForkOrigin {
		return this.#recording.origin;
	}
}
