import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { canonicalRequest, httpCallName } from "@retake/recorder";
import type { AgentSession } from "@retake/runtime";
import type { Answer, Exchanges, ReceivedRequest, Trailers } from "./exchanges.ts";
import type { RecordedExchanges } from "./recorded-exchanges.ts";
import { type SendOptions, sendUpstream } from "./send-upstream.ts";

/** Where answers come from. */
export interface RecordExchangesOptions extends SendOptions {
	/** Answers requests as long as each is on this record; from the first that is not, all are sent on. Absent where all are. */
	readonly recorded?: RecordedExchanges;
}

/** Sends requests on, and records each exchange as a call of a session, in the scope in which this was made. */
export class RecordExchanges implements Exchanges {
	readonly #session: Pick<AgentSession, "perform">;
	readonly #options: RecordExchangesOptions;
	#isLive: boolean;
	/** Requests come on connections that know nothing of the session's scopes. */
	readonly #inScope = AsyncLocalStorage.snapshot();
	#underWay = 0;

	constructor(session: Pick<AgentSession, "perform">, options: RecordExchangesOptions) {
		this.#session = session;
		this.#options = options;
		this.#isLive = options.recorded === undefined;
	}

	async exchange(request: ReceivedRequest, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		const ready = async (): Promise<void> => {
			await this.#turns();
			await answer.ready();
		};
		const answered = this.#fromRecord(request);
		const send = (signal: AbortSignal, chunk: Answer["piece"]) =>
			answered === null
				? sendUpstream(request, this.#options, chunk, ready, signal)
				: answered({ piece: chunk, ready }, signal);
		const onChunk: Answer["piece"] = (stream, bytes) => answer.piece(stream, bytes);
		this.#underWay++;
		try {
			const recorded = canonicalRequest(request.parts);
			return await this.#inScope(() => this.#session.perform(httpCallName, recorded, send, { signal: gone, onChunk }));
		} finally {
			this.#underWay--;
		}
	}

	/** Finds what serves a request from the record; null for one that is sent on. */
	#fromRecord(request: ReceivedRequest): ((answer: Answer, gone: AbortSignal) => Promise<Trailers>) | null {
		const { recorded } = this.#options;
		if (this.#isLive || recorded === undefined) return null;
		const call = recorded.take(request);
		this.#isLive = call === null;
		return call === null ? null : (answer, gone) => recorded.serve(call, answer, gone);
	}

	/** The session makes one delivery in a turn: whoever waits for as many as there are responses never runs ahead of it. */
	async #turns(): Promise<void> {
		for (let turn = 0; turn < this.#underWay; turn++) await nextTurn();
	}
}
