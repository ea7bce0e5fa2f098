import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** The one host that a candidate may reach, on the host's loopback. */
export interface AllowedHost extends AsyncDisposable {
	readonly name: string;
	readonly port: number;
	/** The entry that allows it. */
	readonly entry: string;
	/** What it was asked: method, path and host of each request. */
	readonly asked: readonly string[];
}

/** Starts the host: it answers 200 and sends whoever asks for `/away` elsewhere. */
export async function startAllowedHost(away: string): Promise<AllowedHost> {
	const name = "allowed.test";
	const asked: string[] = [];
	const server = createServer((request: IncomingMessage, response) => {
		asked.push(`${request.method} ${request.url} ${request.headers.host}`);
		if (request.url === "/away") response.writeHead(302, { location: away });
		request.resume().on("end", () => response.end("allowed"));
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const address = server.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	return {
		name,
		port,
		entry: `${name}:${port}=127.0.0.1`,
		asked,
		[Symbol.asyncDispose]: async () => {
			server.close();
			server.closeAllConnections();
		},
	};
}
