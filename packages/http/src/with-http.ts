import type { AgentSession } from "@retake/runtime";
import type { Exchanges } from "./exchanges.ts";
import type { HttpProxy } from "./http-proxy.ts";
import { RecordExchanges, type RecordExchangesOptions } from "./record-exchanges.ts";

/** How exchanges are recorded. */
export interface WithHttpOptions extends RecordExchangesOptions {
	/** Opens the proxy that asks `exchanges`; it is disposed when the work has ended. */
	readonly open: (exchanges: Exchanges) => HttpProxy;
}

/**
 * Runs work with a proxy at its side, whose exchanges are recorded as calls of the session. The work's own calls and the exchanges have each a
 * scope of their own: when a request comes in renumbers nothing of the work's. When the work has ended, what is still under way is broken off.
 */
export async function withHttp<Value>(
	session: Pick<AgentSession, "parallel" | "perform">,
	options: WithHttpOptions,
	work: (proxy: HttpProxy) => Promise<Value>,
): Promise<Value> {
	const opened = Promise.withResolvers<HttpProxy>();
	const worked = Promise.withResolvers<void>();
	const working = async (): Promise<{ readonly value: Value }> => {
		const proxy = await opened.promise;
		try {
			return { value: await work(proxy) };
		} finally {
			worked.resolve();
		}
	};
	const serving = async (): Promise<null> => {
		await using proxy = options.open(new RecordExchanges(session, options));
		opened.resolve(proxy);
		await worked.promise;
		return null;
	};
	const [result] = await session.parallel<{ readonly value: Value } | null>([working, serving]);
	return (result as { readonly value: Value }).value;
}
