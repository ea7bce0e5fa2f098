import { createServer, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

/** A tool that the model asks for. */
export interface AskedTool {
	readonly name: string;
	readonly input: Readonly<Record<string, unknown>>;
}

/** What the model says in one turn: tools that it asks for at once, or text. */
export type Turn = { readonly tools: readonly AskedTool[] } | { readonly text: string; readonly hangs?: boolean };

interface ChatRequest {
	readonly stream?: boolean;
	readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
}

/**
 * A server on loopback that speaks OpenAI's chat completions and follows a script, turn by turn. What it says ends with a number that
 * is never the same: an answer that comes again comes from a record.
 */
export class ModelServer implements AsyncDisposable {
	readonly requests: ChatRequest[] = [];
	readonly #server: Server;
	readonly #script: readonly Turn[];

	private constructor(script: readonly Turn[]) {
		this.#script = script;
		this.#server = createServer((request, response) => {
			void json(request).then((body) => this.#answer(body as ChatRequest, response));
		});
	}

	static async start(script: readonly Turn[]): Promise<ModelServer> {
		const started = new ModelServer(script);
		await new Promise<void>((resolve) => started.#server.listen(0, "127.0.0.1", resolve));
		return started;
	}

	get url(): string {
		const address = this.#server.address();
		return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/v1`;
	}

	/** What the tools answered, as the model was told last. */
	get told(): string[] {
		const { messages = [] } = this.requests.at(-1) ?? {};
		return messages.filter(({ role }) => role === "tool").map(({ content }) => spell(content));
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#server.listening) await this.stop();
	}

	#answer(request: ChatRequest, response: ServerResponse): void {
		const place = this.requests.push(request) - 1;
		const turn = this.#script[place] ?? { text: "no more" };
		const { nonce } = { nonce: Math.floor(Math.random() * 1e9) };
		if (request.stream === true) this.#stream(turn, nonce, response);
		else {
			response.setHeader("content-type", "application/json");
			const message = { role: "assistant", ...whole(turn, nonce) };
			const finish_reason = "tools" in turn ? "tool_calls" : "stop";
			response.end(
				JSON.stringify({
					...head(nonce),
					object: "chat.completion",
					choices: [{ index: 0, message, finish_reason }],
					usage,
				}),
			);
		}
	}

	#stream(turn: Turn, nonce: number, response: ServerResponse): void {
		response.setHeader("content-type", "text/event-stream");
		const say = (delta: object, finish_reason: string | null = null): void => {
			const choices = [{ index: 0, delta, finish_reason }];
			response.write(`data: ${JSON.stringify({ ...head(nonce), object: "chat.completion.chunk", choices })}\n\n`);
		};
		say({ role: "assistant", content: "" });
		if ("tools" in turn) {
			say({ tool_calls: toolCalls(turn.tools, nonce).map((call, index) => ({ index, ...call })) });
			say({}, "tool_calls");
		} else {
			for (const word of `${turn.text} ${nonce}`.split(/(?<= )/)) say({ content: word });
			if (turn.hangs === true) return;
			say({}, "stop");
		}
		const last = { ...head(nonce), object: "chat.completion.chunk", choices: [], usage };
		response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
	}
}

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

function head(nonce: number) {
	return { id: `chat-${nonce}`, created: 1_700_000_000, model: "scripted" };
}

function whole(turn: Turn, nonce: number): object {
	return "tools" in turn
		? { content: null, tool_calls: toolCalls(turn.tools, nonce) }
		: { content: `${turn.text} ${nonce}` };
}

function toolCalls(tools: readonly AskedTool[], nonce: number) {
	return tools.map(({ name, input }, index) => ({
		id: `call_${nonce}_${index}`,
		type: "function",
		function: { name, arguments: JSON.stringify(input) },
	}));
}

function spell(content: unknown): string {
	return typeof content === "string" ? content : JSON.stringify(content);
}
