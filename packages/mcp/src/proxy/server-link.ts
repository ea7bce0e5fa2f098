import type { RequestId, Transport } from "@modelcontextprotocol/server";
import { RetakeError } from "@retake/base";
import { type RpcAnswer, type RpcParams, readMessage, writeMessage } from "./json-rpc.ts";

/** Who ended a conversation. */
export type ConversationEnd = "client" | "server";

/** What a server that has gone answers to everything. */
const serverGone: RpcAnswer = { error: { code: -32_000, message: "the server has closed the connection" } };

/** The way to the real server: live only, for a playback never opens one. */
export class ServerLink {
	readonly #connect: () => Promise<Transport>;
	readonly #report: (error: Error) => void;
	readonly #waiting = new Map<RequestId, (answer: RpcAnswer) => void>();
	#transport: Promise<Transport> | null = null;
	#closed = false;

	constructor(connect: () => Promise<Transport>, report: (error: Error) => void) {
		this.#connect = connect;
		this.#report = report;
	}

	/**
	 * Connects, and hands on what the server says of itself, as JSON. Resolves when the server has gone by itself, or because `signal`
	 * sent it away. Throws `TOOL_FAILED` where there is no server.
	 */
	async open(signal: AbortSignal, say: (message: Uint8Array) => void): Promise<ConversationEnd> {
		const gone = Promise.withResolvers<ConversationEnd>();
		this.#transport = this.#connect();
		const transport = await this.#transport;
		transport.onmessage = (message) => {
			const read = readMessage(message);
			if (read === null) return;
			if (read.kind === "response") this.#waiting.get(read.id)?.(read.answer);
			else say(Buffer.from(JSON.stringify(message), "utf8"));
		};
		transport.onerror = this.#report;
		transport.onclose = () => {
			this.#closed = true;
			for (const answer of this.#waiting.values()) answer(serverGone);
			gone.resolve(signal.aborted ? "client" : "server");
		};
		signal.addEventListener("abort", () => void transport.close().catch(this.#report), { once: true });
		try {
			await transport.start();
		} catch (cause) {
			this.#closed = true;
			throw new RetakeError(
				"TOOL_FAILED",
				`the server cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
				{
					cause,
					remedy: "try its command or its URL by itself",
				},
			);
		}
		if (signal.aborted) await transport.close();
		return gone.promise;
	}

	/** Sends a request on and waits for its answer. Rejects when `signal` aborts. */
	async request(id: number, method: string, params: RpcParams, signal: AbortSignal): Promise<RpcAnswer> {
		if (this.#closed) return serverGone;
		const answered = Promise.withResolvers<RpcAnswer>();
		this.#waiting.set(id, answered.resolve);
		const cancel = (): void => answered.reject(new RetakeError("INTERRUPTED", "the client cancelled the request"));
		signal.addEventListener("abort", cancel, { once: true });
		try {
			await this.#send(writeMessage({ kind: "request", id, method, params }));
			const answer = await answered.promise;
			if (method === "initialize") await this.#agreeOnVersion(answer);
			return answer;
		} finally {
			this.#waiting.delete(id);
			signal.removeEventListener("abort", cancel);
		}
	}

	/** Sends on what needs no answer. A server that has gone does not hear it. */
	async tell(message: Parameters<typeof writeMessage>[0]): Promise<null> {
		if (!this.#closed) await this.#send(writeMessage(message));
		return null;
	}

	async #send(message: ReturnType<typeof writeMessage>): Promise<void> {
		const transport = await this.#transport;
		await transport?.send(message);
	}

	/** Over HTTP every later request must name the version that was agreed on. */
	async #agreeOnVersion(answer: RpcAnswer): Promise<void> {
		const result = "result" in answer ? answer.result : null;
		const protocolVersion =
			typeof result === "object" && result !== null && "protocolVersion" in result && result.protocolVersion;
		if (typeof protocolVersion === "string") (await this.#transport)?.setProtocolVersion?.(protocolVersion);
	}
}
