import type { ServerContext } from "@modelcontextprotocol/server";

/** The least time between two messages of progress to one request, milliseconds. */
export const progressIntervalMs = 250;

/** Tells the client how a long request is getting on, where it asked to be told. */
export class Progress {
	readonly #context: ServerContext;
	readonly #now: () => number;
	#count = 0;
	#toldAt = Number.NEGATIVE_INFINITY;
	#telling: Promise<unknown> = Promise.resolve();

	constructor(context: ServerContext, now: () => number) {
		this.#context = context;
		this.#now = now;
	}

	/** Tells a message now, unless it only says more of the same and one was told a moment ago. */
	tell(message: string, importance: "always" | "often" = "always"): void {
		const progressToken = this.#context.mcpReq._meta?.progressToken;
		if (progressToken === undefined) return;
		if (importance === "often" && this.#now() - this.#toldAt < progressIntervalMs) return;
		this.#toldAt = this.#now();
		const params = { progressToken, progress: ++this.#count, message };
		this.#telling = this.#telling.then(() => this.#context.mcpReq.notify({ method: "notifications/progress", params }));
	}

	/** Waits until all is told. A client that has gone is told nothing, which is no failure of the request. */
	async settle(): Promise<void> {
		await Promise.allSettled([this.#telling]);
	}
}
