import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A peer that serves requests of this process from what it recorded. */
export interface HttpPeer extends AsyncDisposable {
	readonly name: string;
	/** Asks for the URL once more, from the record, and returns the pieces in which the body came. */
	ask(url: string): Promise<number>;
}

interface NockModule {
	(
		origin: string,
	): {
		persist(): { get(path: string): { reply(status: number, body: string, headers: object): unknown } };
	};
	readonly cleanAll: () => void;
	readonly restore: () => void;
}

async function load(peers: string, name: string): Promise<{ readonly module: unknown; readonly version: string }> {
	const home = join(peers, "node_modules", name);
	const { version, main, exports } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
	const entry: unknown = main ?? exports?.["."]?.default;
	return { module: await import(pathToFileURL(join(home, String(entry))).href), version };
}

/** Lets nock answer for a server with a body that it was given. */
export async function openNock(peers: string, url: string, body: string): Promise<HttpPeer> {
	const { module, version } = await load(peers, "nock");
	const nock = (module as { readonly default: NockModule }).default;
	const { origin, pathname } = new URL(url);
	nock(origin).persist().get(pathname).reply(200, body, { "content-type": "text/event-stream" });
	return {
		name: `nock ${version}`,
		ask: async (asked) => countPieces(await fetch(asked)),
		[Symbol.asyncDispose]: async () => {
			nock.cleanAll();
			nock.restore();
		},
	};
}

/** Reads a response to its end, and returns in how many pieces its body came. */
export async function countPieces(response: Response): Promise<number> {
	let pieces = 0;
	for await (const _piece of response.body ?? []) pieces++;
	return pieces;
}
