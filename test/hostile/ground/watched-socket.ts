import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket before a daemon's own that notes every request on its way. */
export interface WatchedSocket extends AsyncDisposable {
	readonly path: string;
	/** Method and path of each request so far. */
	requests(): readonly string[];
}

/** Opens a socket that hands everything on to another one, and back. */
export async function watchSocket(target: string): Promise<WatchedSocket> {
	const directory = mkdtempSync(join(tmpdir(), "watched-"));
	const path = join(directory, "socket");
	const seen: string[] = [];
	const open = new Set<Socket>();
	const server = createServer({ allowHalfOpen: true }, (near) => {
		const far = connect({ path: target, allowHalfOpen: true });
		for (const socket of [near, far]) {
			open.add(socket);
			socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
		}
		near.on("data", (bytes) => {
			const lines = bytes.toString("latin1").matchAll(/^((?:GET|HEAD|POST|PUT|DELETE) \S+) HTTP\/1\.1\r?$/gm);
			seen.push(...[...lines].map(([, line = ""]) => line));
		});
		near.pipe(far);
		far.pipe(near);
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	return {
		path,
		requests: () => seen,
		[Symbol.asyncDispose]: async () => {
			for (const socket of open) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
			rmSync(directory, { recursive: true });
		},
	};
}
