import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunId } from "@retake/base";
import { RecordedAnswers, readTrace, type Secret, type Trace } from "@retake/recorder";
import { openRuntime, type Runtime } from "@retake/runtime";
import {
	type ExchangesReport,
	type FollowExchangesOptions,
	type FollowedExchanges,
	followExchanges,
	HttpProxy,
	type HttpProxyOptions,
	RecordedExchanges,
	type SendOptions,
	withHttp,
} from "../src/index.ts";

type ProxyOptions = Partial<Omit<HttpProxyOptions, "exchanges">> & Pick<SendOptions, "responseBodyBytesMax">;

/** A store in a directory of its own, for runs of HTTP alone. */
export class Tape implements AsyncDisposable {
	readonly #directory: string;
	readonly #secrets: readonly Secret[];
	readonly runtime: Runtime;

	private constructor(directory: string, secrets: readonly Secret[], runtime: Runtime) {
		this.#directory = directory;
		this.#secrets = secrets;
		this.runtime = runtime;
	}

	static async open(secrets: readonly Secret[] = []): Promise<Tape> {
		const directory = mkdtempSync(join(tmpdir(), "retake-http-"));
		const runtime = await openRuntime({ workspace: directory, sandbox: "none", secrets: [...secrets] });
		return new Tape(directory, secrets, runtime);
	}

	/** Records what a client does with the proxy, which it finds at a URL. */
	async record<Value>(
		options: ProxyOptions,
		client: (url: string) => Promise<Value>,
		followed?: FollowedExchanges,
	): Promise<{ readonly value: Value; readonly trace: Trace; readonly runId: RunId }> {
		const { runtime } = this;
		await using session = await runtime.startSession({
			base: runtime.emptyBase,
			kind: "library",
			title: "http",
			program: null,
		});
		const plainBodies = this.#secrets.length > 0;
		const how = followed === undefined ? {} : { followed };
		const open = (exchanges: HttpProxyOptions["exchanges"]) => new HttpProxy({ ...complete(options), exchanges });
		const value = await withHttp(session, { ...options, plainBodies, open, ...how }, async (proxy) =>
			client(`http://127.0.0.1:${await proxy.listen()}`),
		);
		const { runId } = await session.keep({ verdict: "done", failed: false });
		return { value, runId, trace: readTrace(runtime.store, runId) };
	}

	/** Records what a client does that follows a record. */
	async follow<Value>(
		run: RunId,
		onDivergence: FollowExchangesOptions["onDivergence"],
		options: ProxyOptions,
		client: (url: string) => Promise<Value>,
	): Promise<{ readonly value: Value; readonly origin: ReturnType<FollowedExchanges["origin"]> }> {
		const { store } = this.runtime;
		const followed = followExchanges(store, store.runs.get(run), { at: null, secrets: this.#secrets, onDivergence });
		const { value } = await this.record(options, client, followed);
		return { value, origin: followed.origin() };
	}

	/** Serves a record to a client. */
	async serve<Value>(
		{ trace }: { readonly trace: Trace },
		options: ProxyOptions,
		client: (url: string) => Promise<Value>,
	): Promise<{ readonly value: Value; readonly report: ExchangesReport }> {
		const answers = new RecordedAnswers({ store: this.runtime.store, trace, tool: "http", secrets: this.#secrets });
		const exchanges = new RecordedExchanges(answers);
		await using proxy = new HttpProxy({ ...complete(options), exchanges });
		const value = await client(`http://127.0.0.1:${await proxy.listen()}`);
		await proxy.idle();
		return { value, report: exchanges.report() };
	}

	/** Everything that lies in the store's directory, as it lies there, and what it unpacks to: a text in which secrets are looked for. */
	everythingOnDisk({ trace }: { readonly trace: Trace }): string {
		const files = readdirSync(this.#directory, { recursive: true, withFileTypes: true }).filter((entry) =>
			entry.isFile(),
		);
		const raw = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString("latin1"));
		const unpacked = JSON.stringify(trace.calls, (_key, value: unknown) =>
			value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
		);
		return [...raw, unpacked].join("\n");
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.runtime[Symbol.asyncDispose]();
		rmSync(this.#directory, { recursive: true });
	}
}

function complete(options: ProxyOptions): Omit<HttpProxyOptions, "exchanges"> {
	return { upstreams: [], ownHosts: [], allows: () => false, standIn: () => null, ...options };
}
