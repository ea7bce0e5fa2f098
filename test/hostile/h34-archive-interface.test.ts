import { createServer, request } from "node:http";
import { join } from "node:path";
import { openRuntime } from "@retake/runtime";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";
import { watchSocket } from "./ground/watched-socket.ts";

/** What the daemon would do as root with names that a candidate chose. */
const throughTheDaemon = /\/containers\/[^/]+\/(archive|export|copy|changes)|\/commit\b|\/exec\b/;

hostileRow({
	id: "H34",
	attack: "the archive interface of a running container",
	sealed: async (arena) => {
		if (arena.dockerSocket === null) {
			expect((await arena.shell("ln -s /etc/shadow out; echo x > file")).exitCode).toBe(0);
			return "there is no daemon";
		}
		await using socket = await watchSocket(arena.dockerSocket);
		await using runtime = await openRuntime({
			workspace: arena.workspace,
			store: join(arena.workspace, ".retake-watched"),
			sandbox: "docker",
			dockerSocket: socket.path,
		});
		const base = await runtime.freeze("worktree");
		await using session = await runtime.startSession({ base, kind: "library", title: "watched", program: null });
		const script = "ln -s /etc/shadow out; echo x > file; mkdir -p deep; ln -s / deep/root";
		expect(await session.call("exec", { argv: ["sh", "-c", script] })).toMatchObject({ exitCode: 0 });
		await session.call("write_file", { path: "deep/written", content: "text" });
		expect((await session.call("exec", { argv: ["cat", "deep/written"] })).exitCode).toBe(0);
		await session.keep({ verdict: "done", failed: false });
		const requests = socket.requests();
		expect(requests.filter((line) => line.includes("/containers/create")).length).toBeGreaterThan(1);
		expect(requests.filter((line) => throughTheDaemon.test(line))).toEqual([]);
		return `${requests.length} requests, none of them moves files`;
	},
	control: async (ground) => {
		// Somebody who does use it is seen.
		const path = join(ground.directory, "daemon");
		const daemon = createServer((_, response) => response.end());
		await new Promise<void>((resolve) => daemon.listen(path, resolve));
		await using socket = await watchSocket(path);
		await new Promise<void>((resolve, reject) => {
			const asked = request({ socketPath: socket.path, method: "PUT", path: "/v1.41/containers/abc/archive?path=/" });
			asked.on("response", (response) => response.resume().on("end", resolve)).on("error", reject);
			asked.end();
		});
		daemon.close();
		expect(socket.requests().filter((line) => throughTheDaemon.test(line))).toHaveLength(1);
		return "an upload is seen by the same watch";
	},
});
