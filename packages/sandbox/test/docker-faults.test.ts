import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, request } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, systemClock } from "@retake/base";
import { buildDockerImage, cleanUpDocker, createDockerDriver, readImageDeclaration } from "@retake/sandbox";
import { type DockerFixture, ensureDocker, hostProcesses, needs, untilProcesses } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const options = {
	limits: defaultLimits,
	mandatory: [],
	treesDirectory: tmpdir(),
	mounts: [],
	pathPrefix: [],
	owner: { uid: 1000, gid: 1000 },
	image: null,
} as const;

describe("a machine without a daemon", () => {
	const driver = createDockerDriver({ socketPath: "/nowhere/docker.sock", clock: systemClock });

	test("refuses to open and says what to do", async () => {
		await expect(driver.open(options)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("/nowhere/docker.sock"),
			remedy: expect.stringContaining("start the daemon"),
		});
		await expect(cleanUpDocker({ socketPath: "/nowhere/docker.sock" })).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
		});
	});

	test("is found unusable by the probe, which does not throw", async () => {
		const report = await driver.probe();
		expect(report).toMatchObject({ driver: "docker", usable: false });
		expect(report.findings).toMatchObject([{ check: "daemon", status: "failed" }]);
		expect(report.findings[0]?.remedy).toContain("start the daemon");
	});

	test("refuses to run candidates as root before it asks for one", async () => {
		await expect(driver.open({ ...options, owner: { uid: 0, gid: 0 } })).rejects.toMatchObject({ code: "USAGE" });
	});
});

describe("what is no daemon to work with", () => {
	const listen = async (server: Server, name: string): Promise<string> => {
		const path = join(mkdtempSync(join(tmpdir(), "rts")), name);
		server.listen(path);
		await once(server, "listening");
		return path;
	};
	const opening = (socketPath: string) => createDockerDriver({ socketPath, clock: systemClock }).open(options);

	test("accepts and says nothing: given up in seconds", async () => {
		const server = createServer();
		const socketPath = await listen(server, "silent");
		await expect(opening(socketPath)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("did not answer"),
			remedy: expect.stringContaining("restart the daemon"),
		});
		server.close();
	}, 60_000);

	test("is another server", async () => {
		const server = createHttpServer((_, response) => response.end("hello"));
		const socketPath = await listen(server, "other");
		await expect(opening(socketPath)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("no Docker daemon"),
		});
		server.close();
	});

	test("is too old", async () => {
		const server = createHttpServer((_, response) => {
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ ServerVersion: "19.03.15", ApiVersion: "1.40" }));
		});
		const socketPath = await listen(server, "old");
		await expect(opening(socketPath)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("1.41 is needed"),
			remedy: expect.stringContaining("20.10"),
		});
		server.close();
	});

	test("is a file", async () => {
		await expect(opening("/etc/passwd")).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
	});
});

describe("a daemon", needs("docker"), () => {
	let daemon: DockerFixture;

	beforeAll(async () => {
		daemon = await ensureDocker();
		await buildImage(daemon.socketPath);
	});

	afterAll(() => daemon?.stop());

	test("that lacks the image is answered with how to build it", async () => {
		const driver = createDockerDriver({ socketPath: daemon.socketPath, clock: systemClock });
		await expect(driver.open({ ...options, image: "retake/absent:latest" })).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			remedy: expect.stringContaining("retake image build absent"),
		});
	});

	test("that lacks the runtime names those that it has", async () => {
		const driver = createDockerDriver({ socketPath: daemon.socketPath, clock: systemClock, runtime: "absent" });
		await expect(driver.open(options)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			remedy: expect.stringContaining("runc"),
		});
	});

	test("keeps what a killed runner left until it is cleaned up, and what a living one uses stays", async () => {
		const trees = mkdtempSync(join(tmpdir(), "rtt"));
		try {
			const nonce = crypto.randomUUID();
			const script = join(import.meta.dirname, "docker-runner.ts");
			const runner = spawn(process.execPath, [script, daemon.socketPath, trees, nonce], { stdio: "inherit" });
			const ended = once(runner, "exit");
			expect((await untilProcesses(nonce, (found) => found.length > 0)).length).toBeGreaterThan(0);

			// Control: nothing of a living runner is removed.
			expect(await cleanUpDocker(daemon)).toEqual({ containers: 0, volumes: 0 });
			expect(hostProcesses(nonce).some((found) => found.contained)).toBe(true);
			expect(await ours(daemon.socketPath)).toBeGreaterThan(0);

			runner.kill("SIGKILL");
			await ended;
			const removed = await cleanUpDocker(daemon);
			// The holder, the room, and the one that was started ahead.
			expect(removed.containers).toBeGreaterThanOrEqual(2);
			expect(await untilProcesses(nonce, (found) => found.length === 0)).toEqual([]);
			// What the daemon was still making for it when it died is found the next time.
			await cleanUpDocker(daemon);
			expect(await ours(daemon.socketPath)).toBe(0);
		} finally {
			rmSync(trees, { recursive: true, force: true });
		}
	});
});

test(
	"a daemon that dies in the middle of a command is a failure of the sandbox, and the command dies",
	needs("docker"),
	async () => {
		const daemon = await ensureDocker({ socketPath: "/nowhere/docker.sock" });
		const trees = mkdtempSync(join(tmpdir(), "rtt"));
		try {
			await buildImage(daemon.socketPath);
			const nonce = crypto.randomUUID();
			const driver = createDockerDriver({ socketPath: daemon.socketPath, clock: systemClock });
			const sandbox = await driver.open(options);
			const lower = mkdtempSync(join(trees, "lower-"));
			const [upper = "", work = ""] = ["upper", "work"].map((name) => {
				const path = join(sandbox.layerSpace.root, name);
				mkdirSync(path);
				chownSync(path, 1000, 1000);
				return path;
			});
			const workspace = { kind: "overlay", lowers: [lower], upper, work } as const;
			const argv = ["sh", "-c", `while :; do sleep 1; : ${nonce}; done`];
			const running = sandbox.exec({ argv, env: {}, cwd: "", stdin: new Uint8Array(), workspace, network: "none" });
			const failure = running.catch((error: unknown) => error);
			expect((await untilProcesses(nonce, (found) => found.length > 0)).length).toBeGreaterThan(0);

			process.kill(daemon.processId ?? Number.NaN, "SIGKILL");
			expect(await failure).toMatchObject({ code: "SANDBOX_FAILED", cause: expect.any(Error) });
			expect(await untilProcesses(nonce, () => true)).toEqual([]);
			await expect(sandbox[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "SANDBOX_FAILED" });
		} finally {
			rmSync(trees, { recursive: true });
			await daemon.stop();
		}
	},
);

async function buildImage(socketPath: string): Promise<void> {
	const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
	await buildDockerImage(declaration, { socketPath, cacheDirectory: join(tmpdir(), "retake-images") });
}

/** Counts containers and volumes of ours, by the daemon's own answer. */
async function ours(socketPath: string): Promise<number> {
	const filters = encodeURIComponent(JSON.stringify({ label: ["retake.session"] }));
	const containers = (await get(socketPath, `/containers/json?all=true&filters=${filters}`)) as unknown[];
	const volumes = (await get(socketPath, `/volumes?filters=${filters}`)) as { Volumes: unknown[] | null };
	return containers.length + (volumes.Volumes ?? []).length;
}

async function get(socketPath: string, path: string): Promise<unknown> {
	const asked = request({ socketPath, path });
	asked.end();
	const [response] = await once(asked, "response");
	return JSON.parse(Buffer.concat(await response.toArray()).toString());
}
