import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { AgentSession } from "@retake/runtime";
import { describe, expect, test } from "vitest";
import { recordAndReplay, recordAndTry } from "./record-and-replay.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>;

/** A server on loopback that is taken down between recording and playback. */
class LoopbackServer implements AsyncDisposable {
	readonly requests: string[] = [];
	readonly #server: Server;

	private constructor(answer: Answer) {
		const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
			const body = await buffer(request);
			this.requests.push(`${request.method} ${request.url} ${body.toString("latin1")}`);
			await answer(request, response, body);
		};
		this.#server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
	}

	static async start(answer: Answer): Promise<LoopbackServer> {
		const started = new LoopbackServer(answer);
		await new Promise<void>((resolve) => started.#server.listen(0, "127.0.0.1", resolve));
		return started;
	}

	get url(): string {
		const address = this.#server.address();
		return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#server.listening) await this.stop();
	}
}

/** Records against the server, takes it down, plays back. */
async function overServer<Outcome>(
	answer: Answer,
	program: (fetch: typeof globalThis.fetch, url: string, session: AgentSession) => Promise<Outcome>,
) {
	await using server = await LoopbackServer.start(answer);
	const { url } = server;
	const outcomes = await recordAndReplay(
		(session) => program(session.wrapFetch(fetch), url, session),
		() => server.stop(),
	);
	return { ...outcomes, requests: server.requests };
}

async function chunksOf(response: Response): Promise<string[]> {
	const chunks: string[] = [];
	for await (const bytes of response.body ?? []) chunks.push(Buffer.from(bytes).toString("latin1"));
	return chunks;
}

describe("a wrapped fetch", () => {
	test("serves status, headers and each chunk as it came, with the server down", async () => {
		const events = Array.from({ length: 10 }, (_, index) => `data: ${index}\n\n`);
		const { live, played, requests } = await overServer(
			async (_request, response) => {
				response.writeHead(201, "Made", { "content-type": "text/event-stream", "x-a": ["1", "2"] });
				for (const event of events) {
					response.write(event);
					await wait(15);
				}
				response.end();
			},
			async (recordedFetch, url) => {
				const response = await recordedFetch(`${url}/events`, { method: "POST", body: JSON.stringify({ q: 1 }) });
				const { status, statusText, ok, type, redirected, url: from, headers } = response;
				const facts = { status, statusText, ok, type, redirected, from, a: headers.get("x-a") };
				return { facts, chunks: await chunksOf(response) };
			},
		);
		expect(live.facts).toMatchObject({ status: 201, statusText: "Made", ok: true, type: "basic", a: "1, 2" });
		expect(live.chunks).toEqual(events);
		expect(played).toEqual(live);
		expect(requests).toEqual(['POST /events {"q":1}']);
	});

	test("takes bodies of every sort, and sends them whole", async () => {
		const form = (): FormData => {
			const data = new FormData();
			data.set("note", "n");
			data.set("file", new Blob(["payload"], { type: "text/plain" }), "f.txt");
			return data;
		};
		const stream = (): ReadableStream =>
			new ReadableStream({
				start: async (controller) => {
					controller.enqueue(Buffer.from("first "));
					await wait(5);
					controller.enqueue(Buffer.from("second"));
					controller.close();
				},
			});
		const { live, played, requests } = await overServer(
			(request, response, body) => {
				response.end(`${request.headers["content-type"]?.split(";")[0]} ${body.byteLength}`);
			},
			async (recordedFetch, url) => {
				const bodies: RequestInit[] = [
					{ body: "text" },
					{ body: new URLSearchParams({ a: "b" }) },
					{ body: new Uint8Array([1, 2, 3]) },
					{ body: new Blob(["blob"]) },
					{ body: form() },
					{ body: stream(), duplex: "half" },
				];
				const answers = bodies.map((init, at) => recordedFetch(`${url}/${at}`, { method: "POST", ...init }));
				const asRequest = recordedFetch(new Request(`${url}/6`, { method: "PUT", body: "of a request" }));
				return Promise.all([...answers, asRequest].map(async (answer) => (await answer).text()));
			},
		);
		expect(live.map((text) => text.split(" ")[0])).toEqual([
			"text/plain",
			"application/x-www-form-urlencoded",
			"undefined",
			"undefined",
			"multipart/form-data",
			"undefined",
			"text/plain",
		]);
		expect(requests.toSorted()[5]).toContain("first second");
		expect(requests.toSorted()[6]).toBe("PUT /6 of a request");
		expect(played).toEqual(live);
	});

	test("pairs equal parallel requests by the order in which they were made", async () => {
		let count = 0;
		const ended = [0, 1, 2].map(() => Promise.withResolvers<void>());
		const waitsFor = [2, undefined, 1];
		const { live, played } = await overServer(
			async (_request, response) => {
				const place = count++;
				await ended[waitsFor[place] ?? -1]?.promise;
				response.end(String(place));
			},
			async (recordedFetch, url) => {
				const order: string[] = [];
				const texts = await Promise.all(
					[0, 1, 2].map(async () => {
						const text = await (await recordedFetch(url)).text();
						order.push(text);
						ended[Number(text)]?.resolve();
						return text;
					}),
				);
				return { texts, order };
			},
		);
		expect(live.order).toEqual(["1", "2", "0"]);
		expect(played).toEqual(live);
	});

	test("follows redirects, decodes encodings, and has no body where there is none", async () => {
		const { live, played } = await overServer(
			(request, response) => {
				if (request.url === "/from") response.writeHead(302, { location: "/to" }).end();
				else if (request.url === "/none") response.writeHead(204).end();
				else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked"));
			},
			async (recordedFetch, url) => {
				const to = await recordedFetch(`${url}/from`);
				const copy = to.clone();
				const none = await recordedFetch(`${url}/none`);
				const head = await recordedFetch(`${url}/to`, { method: "HEAD" });
				const path = new URL(copy.url).pathname;
				return [to.redirected, path, await to.text(), await copy.text(), none.status, none.body, head.body];
			},
		);
		expect(live).toEqual([true, "/to", "unpacked", "unpacked", 204, null, null]);
		expect(played).toEqual(live);
	});

	test("fails as fetch fails: nobody listens, cut off in the middle, an invalid URL", async () => {
		const { live, played } = await overServer(
			(_request, response) => {
				response.writeHead(200, { "content-length": "100" });
				response.write("ten bytes.", () => response.destroy());
			},
			async (recordedFetch, url) => {
				const describe = (error: unknown): unknown => {
					const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
					return [error instanceof TypeError, name, message, cause?.code];
				};
				const refused = await recordedFetch("http://127.0.0.1:1/").catch(describe);
				const cut = await recordedFetch(url);
				const reader = cut.body?.getReader();
				const first = await reader?.read();
				const second = await reader?.read().catch(describe);
				const invalid = await recordedFetch("not a url").catch((error: Error) => error.constructor.name);
				return [refused, Buffer.from(first?.value ?? []).toString(), second, invalid];
			},
		);
		expect(live).toEqual([
			[true, "TypeError", "fetch failed", undefined],
			"ten bytes.",
			[true, "TypeError", "terminated", "UND_ERR_SOCKET"],
			"TypeError",
		]);
		expect(played).toEqual(live);
	});

	test("is aborted before the head, in the body, by its reader; what came before is served", async () => {
		const { live, played } = await overServer(
			async (request, response) => {
				if (request.url === "/never") return;
				response.writeHead(200);
				response.write("one");
			},
			async (recordedFetch, url) => {
				const before = new AbortController();
				const waiting = recordedFetch(`${url}/never`, { signal: before.signal }).catch((error: Error) => error.name);
				before.abort();
				const within = new AbortController();
				const reader = (await recordedFetch(url, { signal: within.signal })).body?.getReader();
				const one = Buffer.from((await reader?.read())?.value ?? []).toString();
				within.abort(new Error("my reason"));
				const after = await reader?.read().catch((error: Error) => error.message);
				const unread = (await recordedFetch(url)).body?.getReader();
				await unread?.read();
				await unread?.cancel();
				const aborted = await recordedFetch(url, { signal: AbortSignal.abort() }).catch((error: Error) => error.name);
				return [await waiting, one, after, aborted];
			},
		);
		expect(live).toEqual(["AbortError", "one", "my reason", "AbortError"]);
		expect(played).toEqual(live);
	});

	test("writes no credential down", async () => {
		const canary = "canary-51c0ffee";
		const { stored, live } = await overServer(
			(request, response) => {
				response.setHeader("set-cookie", `sid=${canary}`);
				response.end(String(request.headers.authorization?.includes(canary) && request.url?.includes(canary)));
			},
			async (recordedFetch, url) => {
				const headers = { authorization: `Bearer ${canary}`, "x-api-key": canary };
				return (await recordedFetch(`${url}/?api_key=${canary}`, { headers })).text();
			},
		);
		expect(live).toBe("true");
		expect(stored).toContain("127.0.0.1");
		expect(stored).not.toContain(canary);
	});

	test("never goes live in playback: another request fails, whatever listens", async () => {
		await using server = await LoopbackServer.start((_request, response) => void response.end("live"));
		const ask = (body: string) => async (session: AgentSession) =>
			(await session.wrapFetch(fetch)(server.url, { method: "POST", body })).text().catch((error: Error) => error.name);
		const { report } = await recordAndTry(ask('{"a":[1]}'), ask('{"a":[2]}'));
		expect(server.requests).toHaveLength(1);
		expect(report.divergences).toMatchObject([{ kind: "input", inputDifference: [{ pointer: "/body/json/a/0" }] }]);
	});

	test("refuses a body that is longer than it may be", async () => {
		await using server = await LoopbackServer.start((_request, response) => void response.end("x".repeat(2_000)));
		const { live, played } = await recordAndReplay(async (session) => {
			const response = await session.wrapFetch(fetch, { responseBytesMax: 1_000 })(server.url);
			return response.text().catch((error: { code?: string }) => error.code);
		});
		expect([live, played]).toEqual(["LIMIT_EXCEEDED", "LIMIT_EXCEEDED"]);
	});
});
