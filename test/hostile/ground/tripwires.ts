import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type ListenOptions } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";

/** What is planted on the host for every run: whatever of it moves tells of an escape. */
export interface Tripwires extends AsyncDisposable {
	/** In the environment and the arguments of everything that the attack starts. */
	readonly nonce: string;
	/** A directory that anybody may write: no file mode stands in an attacker's way, only the sandbox. */
	readonly directory: string;
	/** A file in it that anybody may write. */
	readonly canary: string;
	/** What the canary says. */
	readonly secret: string;
	/** Listens on every address of the host, over TCP and UDP. */
	readonly port: number;
	/** Name of an abstract unix socket, without its leading NUL. */
	readonly abstractName: string;
	/** Path of a unix socket that anybody may connect to. */
	readonly socketPath: string;
	/** Addresses of the host that another machine could reach it by. */
	readonly hostAddresses: readonly string[];
	/** What has knocked at a listener so far. */
	knocks(): readonly string[];
	/** What the directory holds now: names, kinds, modes, contents. */
	canaryState(): string;
}

/** Plants the canary, the listeners and the nonce. Disposal takes them away. */
export async function plantTripwires(): Promise<Tripwires> {
	const nonce = crypto.randomUUID();
	const directory = mkdtempSync(join(tmpdir(), "canary-"));
	chmodSync(directory, 0o777);
	const secret = `secret-${crypto.randomUUID()}`;
	const canary = join(directory, "canary");
	writeFileSync(canary, secret);
	chmodSync(canary, 0o666);

	const knocks: string[] = [];
	const listen = async (name: string, at: ListenOptions) => {
		const server = createServer((socket) => {
			knocks.push(name);
			socket.on("error", () => undefined).destroy();
		});
		server.listen(at);
		await once(server, "listening");
		return server;
	};
	const tcp = await listen("tcp", { port: 0 });
	const address = tcp.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	const abstractName = `retake-tripwire-${nonce}`;
	const abstract = await listen("abstract", { path: `\0${abstractName}` });
	const socketPath = join(directory, "socket");
	const path = await listen("path", { path: socketPath, readableAll: true, writableAll: true });
	const udp = createSocket("udp4", () => knocks.push("udp"));
	udp.bind(port);
	await once(udp, "listening");
	return {
		nonce,
		directory,
		canary,
		secret,
		port,
		abstractName,
		socketPath,
		hostAddresses: Object.values(networkInterfaces()).flatMap((found) =>
			(found ?? []).filter(({ internal }) => !internal).map((each) => each.address),
		),
		knocks: () => [...knocks],
		canaryState: () =>
			readdirSync(directory)
				.toSorted()
				.map((name) => {
					const status = statSync(join(directory, name));
					const content = status.isFile() ? readFileSync(join(directory, name), "utf8") : "";
					return `${name} ${status.mode.toString(8)} ${status.nlink} ${content}`;
				})
				.join("\n"),
		[Symbol.asyncDispose]: async () => {
			for (const server of [tcp, abstract, path]) {
				server.close();
				await once(server, "close");
			}
			udp.close();
			rmSync(directory, { recursive: true });
		},
	};
}
