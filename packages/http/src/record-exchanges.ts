import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { canonicalRequest, httpCallName } from "@retake/recorder";
import type { AgentSession } from "@retake/runtime";
import type { Answer, Exchanges, ReceivedRequest, Trailers } from "./exchanges.ts";
import type { FollowedExchanges } from "./followed-exchanges.ts";
import { type SendOptions, sendUpstream } from "./send-upstream.ts";

/** Where answers come from. */
export interface RecordExchangesOptions extends SendOptions {
	/** A record that answers requests as long as the process follows it. Absent where all are sent on. */
	readonly followed?: FollowedExchanges;
}

/** Sends requests on, and records each exchange as a call of a session, in the scope in which this was made. */
export class RecordExchanges implements Exchanges {
	readonly #session: Pick<AgentSession, "perform">;
	readonly #options: RecordExchangesOptions;
	/** Requests come on connections that know nothing of the session's scopes. */
	readonly #inScope = AsyncLocalStorage.snapshot();
	#underWay = 0;

	constructor(session: Pick<AgentSession, "perform">, options: RecordExchangesOptions) {
		this.#session = session;
		this.#options = options;
	}

	async exchange(request: ReceivedRequest, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		const ready = async (): Promise<void> => {
			await this.#turns();
			await answer.ready();
		};
		const { followed } = this.#options;
		const taken = followed?.take(request, gone) ?? null;
		const call = taken instanceof Promise ? await taken : taken;
		using _held = followed?.hold();
		const send = (signal: AbortSignal, chunk: Answer["piece"]) =>
			call === null || followed === undefined
				? sendUpstream(request, this.#options, chunk, ready, signal)
				: followed.serve(call, { piece: chunk, ready }, signal);
		const onChunk: Answer["piece"] = (stream, bytes) => answer.piece(stream, bytes);
		this.#underWay++;
		try {
			const recorded = canonicalRequest(request.parts);
			return await this.#inScope(() => this.#session.perform(httpCallName, recorded, send, { signal: gone, onChunk }));
		} finally {
			this.#underWay--;
		}
	}

	/** The session makes one delivery in a turn: whoever waits for as many as there are responses never runs ahead of it. */
	async #turns(): Promise<void> {
		for (let turn = 0; turn < this.#underWay; turn++) await nextTurn();
	}
}
