import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server that answers each connection with prepared bytes, whatever it is asked, and counts its connections. */
export interface RawServer extends AsyncDisposable {
	readonly url: string;
	readonly connections: readonly Socket[];
	/** Everything that was sent to it. */
	readonly received: () => string;
}

/** Starts a server that waits for the end of a request's head, then lets `answer` have the connection. */
export async function rawServer(answer: (socket: Socket, head: string) => Promise<void> | void): Promise<RawServer> {
	const connections: Socket[] = [];
	let received = "";
	const server = createServer((socket) => {
		connections.push(socket);
		let head = "";
		socket.on("error", () => {});
		socket.on("data", (bytes: Buffer) => {
			const answered = head.includes("\r\n\r\n");
			head += bytes.toString("latin1");
			received += bytes.toString("latin1");
			if (!answered && head.includes("\r\n\r\n")) void answer(socket, head);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new TypeError("the server has no port");
	return {
		url: `http://127.0.0.1:${address.port}`,
		connections,
		received: () => received,
		async [Symbol.asyncDispose]() {
			for (const socket of connections) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Sends bytes to a URL's host and returns everything that comes back until the other side ends. */
export async function talk(url: string, ...requests: readonly string[]): Promise<string> {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	const pieces: Buffer[] = [];
	socket.on("data", (bytes: Buffer) => pieces.push(bytes));
	const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	socket.on("error", () => {});
	for (const request of requests) {
		socket.write(request, "latin1");
		await sleep(5);
	}
	await ended;
	return Buffer.concat(pieces).toString("latin1");
}

/** Writes a GET request that ends its connection. */
export function get(path: string, headers = ""): string {
	return `GET ${path} HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n${headers}\r\n`;
}
