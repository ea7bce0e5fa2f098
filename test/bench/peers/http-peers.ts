import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A peer that serves requests of this process from what it recorded. */
export interface HttpPeer extends AsyncDisposable {
	readonly name: string;
	/** Runs work during which the peer answers what this process fetches, and no other peer does. */
	during<Value>(work: () => Promise<Value>): Promise<Value>;
	/** Asks once more, from the record, and returns the pieces in which the body came. Throws where the answer is not the recorded one. */
	ask(): Promise<number>;
}

/** What peers are given: where a server answers, and with what. */
export interface PeerTape {
	readonly url: string;
	/** The body in the pieces in which the server writes it. */
	readonly events: readonly string[];
	/** A directory of the peers' own. */
	readonly scratch: string;
}

interface NockModule {
	(
		origin: string,
	): {
		persist(): { get(path: string): { reply(status: number, body: string, headers: object): unknown } };
	};
	readonly cleanAll: () => void;
	readonly restore: () => void;
	readonly activate: () => void;
	readonly isActive: () => boolean;
}

interface PollyModule {
	readonly Polly: new (
		name: string,
		options: object,
	) => {
		connectTo(adapter: string): void;
		disconnectFrom(adapter: string): void;
		stop(): Promise<void>;
	};
}

interface AimockModule {
	readonly LLMock: new (options: {
		readonly port: number;
		readonly chunkSize: number;
	}) => {
		readonly url: string;
		onMessage(pattern: string, response: { readonly content: string }): unknown;
		start(): Promise<unknown>;
		stop(): Promise<unknown>;
	};
}

/** Opens the peers that are installed in a directory; the server of the tape is there while this runs, and not later. */
export async function openHttpPeers(peers: string, tape: PeerTape): Promise<readonly HttpPeer[]> {
	return [await openNock(peers, tape), await openPolly(peers, tape), await openAimock(peers, tape)];
}

function versionOf(peers: string, name: string): string {
	const { version } = JSON.parse(readFileSync(join(peers, "node_modules", name, "package.json"), "utf8"));
	return String(version);
}

function requireFrom(peers: string, name: string): unknown {
	const loaded = createRequire(join(peers, "package.json"))(name) as { readonly default?: unknown };
	return loaded.default ?? loaded;
}

/** Lets nock answer for a server with a body that it was given. */
async function openNock(peers: string, { url, events }: PeerTape): Promise<HttpPeer> {
	const nock = requireFrom(peers, "nock") as NockModule;
	const { origin, pathname } = new URL(url);
	nock(origin).persist().get(pathname).reply(200, events.join(""), { "content-type": "text/event-stream" });
	nock.restore();
	return {
		name: `nock ${versionOf(peers, "nock")}`,
		during: async (work) => {
			if (!nock.isActive()) nock.activate();
			try {
				return await work();
			} finally {
				nock.restore();
			}
		},
		ask: async () => countPieces(await fetch(url)),
		[Symbol.asyncDispose]: async () => nock.cleanAll(),
	};
}

/** Lets Polly record one request to the server, and replay it for as many as are asked. */
async function openPolly(peers: string, { url, scratch }: PeerTape): Promise<HttpPeer> {
	const { Polly } = requireFrom(peers, "@pollyjs/core") as PollyModule;
	const options = {
		adapters: [requireFrom(peers, "@pollyjs/adapter-fetch")],
		adapterOptions: { fetch: { context: globalThis } },
		persister: requireFrom(peers, "@pollyjs/persister-fs"),
		persisterOptions: { fs: { recordingsDir: join(scratch, "polly") } },
		recordIfMissing: false,
		logLevel: "error",
		// One recording for each request that is equal, however often it is made.
		matchRequestsBy: { order: false },
	};
	const recorder = new Polly("events", { ...options, mode: "record" });
	await countPieces(await fetch(url));
	await recorder.stop();
	const replayer = new Polly("events", { ...options, mode: "replay" });
	replayer.disconnectFrom("fetch");
	return {
		name: `Polly.js ${versionOf(peers, "@pollyjs/core")}`,
		during: async (work) => {
			replayer.connectTo("fetch");
			try {
				return await work();
			} finally {
				replayer.disconnectFrom("fetch");
			}
		},
		ask: async () => countPieces(await fetch(url)),
		[Symbol.asyncDispose]: () => replayer.stop(),
	};
}

/** Lets aimock answer as a model with the same text, in as many events: a server of its own on this machine, which is how it works. */
async function openAimock(peers: string, { events }: PeerTape): Promise<HttpPeer> {
	const entry = join(peers, "node_modules/@copilotkit/aimock/dist/index.js");
	const { LLMock } = (await import(pathToFileURL(entry).href)) as AimockModule;
	const text = events.join("");
	const mock = new LLMock({ port: 0, chunkSize: Math.ceil(text.length / events.length) });
	mock.onMessage("events", { content: text });
	await mock.start();
	const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "events" }] });
	const headers = { "content-type": "application/json", authorization: "Bearer none" };
	return {
		name: `aimock ${versionOf(peers, "@copilotkit/aimock")}`,
		during: (work) => work(),
		ask: async () => countPieces(await fetch(`${mock.url}/v1/chat/completions`, { method: "POST", headers, body })),
		[Symbol.asyncDispose]: async () => void (await mock.stop()),
	};
}

/** Reads a response to its end, and returns in how many pieces its body came. */
export async function countPieces(response: Response): Promise<number> {
	if (response.status !== 200) throw new Error(`answered with ${response.status}`);
	let pieces = 0;
	for await (const _piece of response.body ?? []) pieces++;
	return pieces;
}
