import { decodeHead, type HttpRequestParts, type HttpResponseHead, httpStreams } from "@retake/recorder";

/** Statuses that come without a body, as fetch has it. */
const bodyless = new Set([101, 103, 204, 205, 304]);

/** Makes a response of what a call delivers: it arrives with its head, and its body grows chunk by chunk. */
export class ResponseAssembly {
	readonly #request: HttpRequestParts;
	readonly #arrived = Promise.withResolvers<Response>();
	readonly #unwanted = new AbortController();
	#head = Buffer.alloc(0);
	#hasArrived = false;
	#body: ReadableStreamDefaultController<Uint8Array> | null = null;

	constructor(request: HttpRequestParts) {
		this.#request = request;
	}

	/** Resolves with the response when its head is there; rejects where none comes. */
	get arrived(): Promise<Response> {
		return this.#arrived.promise;
	}

	/** Aborts when the program stops reading the body. */
	get unwanted(): AbortSignal {
		return this.#unwanted.signal;
	}

	take(stream: string, bytes: Uint8Array): void {
		if (stream === httpStreams.body) {
			this.#arrive();
			if (!this.#unwanted.signal.aborted) this.#body?.enqueue(new Uint8Array(bytes));
			return;
		}
		this.#head = Buffer.concat([this.#head, bytes]);
		// Where redaction holds the end of the head back, it comes before the first piece of the body.
		if (this.#head.at(-1) === 0x7d) this.#arrive();
	}

	end(): void {
		this.#arrive();
		if (!this.#unwanted.signal.aborted) this.#body?.close();
	}

	fail(error: unknown): void {
		if (!this.#hasArrived) this.#arrived.reject(error);
		else if (!this.#unwanted.signal.aborted) this.#body?.error(error);
	}

	#arrive(): void {
		if (this.#hasArrived) return;
		this.#hasArrived = true;
		try {
			this.#arrived.resolve(this.#respond(decodeHead(this.#head)));
		} catch (error) {
			this.#arrived.reject(error);
		}
	}

	#respond({ status, statusText, headers, redirectedTo }: HttpResponseHead): Response {
		const isEmpty = this.#request.method === "HEAD" || bodyless.has(status);
		const body = isEmpty
			? null
			: new ReadableStream<Uint8Array<ArrayBuffer>>({
					start: (controller) => {
						this.#body = controller;
					},
					cancel: (reason) => this.#unwanted.abort(reason),
				});
		const init = { status, statusText, headers: headers.map(([name, value]) => [name, value] as [string, string]) };
		const url = new URL(redirectedTo ?? this.#request.url);
		url.hash = "";
		return from(new Response(body, init), url.href, redirectedTo !== undefined);
	}
}

/** Lets a response say where it came from, which the platform lets only its own say. */
function from(response: Response, url: string, redirected: boolean): Response {
	const clone = response.clone.bind(response);
	return Object.defineProperties(response, {
		url: { value: url },
		redirected: { value: redirected },
		type: { value: "basic" },
		clone: { value: () => from(clone(), url, redirected) },
	});
}
