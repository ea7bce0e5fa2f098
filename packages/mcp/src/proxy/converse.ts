import type { RequestId, Transport } from "@modelcontextprotocol/server";
import { isRetakeError } from "@retake/base";
import type { AgentSession, RunVerdict } from "@retake/runtime";
import { asCanonical, type RpcAnswer, type RpcMessage, readMessage, writeMessage } from "./json-rpc.ts";
import { identityOf, progressTokenOf, withProgressToken } from "./request-identity.ts";
import type { ConversationEnd, ServerLink } from "./server-link.ts";

/** JSON-RPC's code for an error of the server itself. */
const internalError = -32_603;

/** A conversation to record, or one to play back. */
export interface ConversationOptions {
	/** Live, or a playback: then nothing ever goes through `server`. */
	readonly session: AgentSession;
	readonly client: Transport;
	readonly server: ServerLink;
	/** How long the server may take to go once the client has, milliseconds. */
	readonly farewellTimeoutMs: number;
	/** Told of what neither side can be told. */
	readonly report: (error: Error) => void;
	/** Ends the conversation. */
	readonly signal: AbortSignal;
}

/**
 * Carries a conversation between an MCP client and its server through a session, so that it is recorded, or served from a
 * record. Each message of the client is a call of the session, in the order in which it came; what the server says of its own
 * accord are chunks of the one call that the whole conversation is. Returns when either side has gone.
 */
export async function converse(options: ConversationOptions): Promise<RunVerdict> {
	return new Conversation(options).run();
}

type Message<Kind extends RpcMessage["kind"]> = Extract<RpcMessage, { kind: Kind }>;

class Conversation {
	readonly #options: ConversationOptions;
	readonly #ending = new AbortController();
	/** The client's requests in flight, by its own ids. */
	readonly #requests = new Map<RequestId, { readonly number: number; readonly cancel: AbortController }>();
	/** The client's progress tokens, by the number of the request. */
	readonly #progressTokens = new Map<number, unknown>();
	/** The ids that the server gave its own requests, by their number. */
	readonly #serverIds: RequestId[] = [];
	/** What the client answers to each of these; null where the conversation has ended before. */
	readonly #clientAnswers: PromiseWithResolvers<RpcAnswer | null>[] = [];
	readonly #pending = new Set<Promise<void>>();
	#requestCount = 0;

	constructor(options: ConversationOptions) {
		this.#options = options;
	}

	async run(): Promise<RunVerdict> {
		const { session, client, server, signal, report, farewellTimeoutMs } = this.#options;
		const clientGone = Promise.withResolvers<void>();
		client.onclose = () => clientGone.resolve();
		client.onerror = report;
		client.onmessage = (message) => this.#fromClient(readMessage(message));
		signal.addEventListener("abort", () => clientGone.resolve(), { once: true });
		const ended = session.perform<ConversationEnd>(
			"mcp",
			null,
			(_signal, chunk) => server.open(this.#ending.signal, (message) => void chunk("server", message)),
			{ onChunk: (_stream, bytes) => this.#fromServer(bytes) },
		);
		const serverGone = ended.then(async (by) => (by === "server" ? undefined : clientGone.promise));
		await client.start();
		if (signal.aborted) clientGone.resolve();
		try {
			await Promise.race([clientGone.promise, serverGone]);
			this.#ending.abort();
			for (const answer of this.#clientAnswers) answer.resolve(null);
			await Promise.allSettled(this.#pending);
			// In a playback the conversation's end may never come: then the record has more than the client asked for.
			await Promise.race([ended, timeout(farewellTimeoutMs)]);
		} finally {
			await client.close();
		}
		return { verdict: "done", failed: false };
	}

	#fromClient(message: RpcMessage | null): void {
		if (message === null) return;
		if (message.kind === "response") this.#clientAnswers[Number(message.id)]?.resolve(message.answer);
		else this.#track(message.kind === "request" ? this.#request(message) : this.#notification(message));
	}

	/** Sees to it that the conversation does not end before some work has. */
	#track(work: Promise<unknown>): void {
		const handled = work.then(() => {}).catch((thrown: unknown) => this.#options.report(asError(thrown)));
		this.#pending.add(handled);
		void handled.finally(() => this.#pending.delete(handled));
	}

	async #request({ id, method, params }: Message<"request">): Promise<void> {
		const { session, server } = this.#options;
		const number = this.#requestCount++;
		const cancel = new AbortController();
		this.#requests.set(id, { number, cancel });
		this.#progressTokens.set(number, progressTokenOf(params));
		try {
			const forwarded = withProgressToken(params, number);
			const answer = await session.perform<RpcAnswer>(
				`mcp ${method}`,
				identityOf(method, params),
				(signal) => server.request(number, method, forwarded, signal),
				{ signal: cancel.signal },
			);
			await this.#tellClient({ kind: "response", id, answer });
		} catch (thrown) {
			// Whoever cancels a request is answered nothing, by the protocol.
			if (!cancel.signal.aborted) await this.#tellClient({ kind: "response", id, answer: answerOf(thrown) });
		} finally {
			this.#requests.delete(id);
			this.#progressTokens.delete(number);
		}
	}

	async #notification({ method, params }: Message<"notification">): Promise<void> {
		const { session, server } = this.#options;
		const cancelled =
			method === "notifications/cancelled" ? this.#requests.get(asId(params?.["requestId"])) : undefined;
		const forwarded = cancelled === undefined ? params : { ...params, requestId: cancelled.number };
		const told = session.perform(`mcp ${method}`, identityOf(method, forwarded), () =>
			server.tell({ kind: "notification", method, params: forwarded }),
		);
		cancelled?.cancel.abort();
		await told;
	}

	/** Hands the client's answer to the server. It comes when it comes, between any two requests, so it has a branch of its own. */
	async #answerServer(number: number, id: RequestId, answered: Promise<RpcAnswer | null>): Promise<void> {
		const { session, server } = this.#options;
		const answer = await answered;
		if (answer === null) return;
		await session.perform("mcp response", { request: number, ...answer }, () =>
			server.tell({ kind: "response", id, answer }),
		);
	}

	/** Hands on what the server says of its own accord, under ids and tokens that the client knows. */
	#fromServer(bytes: Uint8Array): void {
		const message = readMessage(JSON.parse(Buffer.from(bytes).toString("utf8")));
		if (message === null || message.kind === "response") return;
		const told = this.#tellClient(message.kind === "request" ? this.#renumbered(message) : this.#readdressed(message));
		told.catch((thrown: unknown) => this.#options.report(asError(thrown)));
	}

	#renumbered(message: Message<"request">): RpcMessage {
		const { id } = message;
		const number = this.#serverIds.push(id) - 1;
		const answered = Promise.withResolvers<RpcAnswer | null>();
		this.#clientAnswers[number] = answered;
		this.#track(this.#options.session.parallel([() => this.#answerServer(number, id, answered.promise)]));
		return { ...message, id: number };
	}

	#readdressed(message: Message<"notification">): RpcMessage {
		const { method, params } = message;
		if (method === "notifications/progress") {
			const progressToken = this.#progressTokens.get(Number(params?.["progressToken"]));
			return { ...message, params: { ...params, progressToken } };
		}
		if (method === "notifications/cancelled") {
			return { ...message, params: { ...params, requestId: this.#serverIds.lastIndexOf(asId(params?.["requestId"])) } };
		}
		return message;
	}

	/** A client that has gone is told nothing. */
	async #tellClient(message: RpcMessage): Promise<void> {
		if (!this.#ending.signal.aborted) await this.#options.client.send(writeMessage(message));
	}
}

function answerOf(thrown: unknown): RpcAnswer {
	const { message } = asError(thrown);
	const data = isRetakeError(thrown) ? { code: thrown.code, remedy: thrown.remedy ?? null } : null;
	return { error: asCanonical({ code: internalError, message, data }) };
}

function asId(value: unknown): RequestId {
	return typeof value === "number" ? value : String(value);
}

function asError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function timeout(milliseconds: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
