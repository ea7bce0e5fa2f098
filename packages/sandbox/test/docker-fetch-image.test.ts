import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildDockerfile, type ImageProgress, pullDockerImage } from "@retake/sandbox";
import { type DockerFixture, ensureDocker, needs } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

describe("images of a daemon", needs("docker"), () => {
	let daemon: DockerFixture;
	let directory: string;
	let registry: Registry | null;

	beforeAll(async () => {
		daemon = await ensureDocker();
		directory = mkdtempSync(join(tmpdir(), "rti"));
		registry = await startRegistry(join(directory, "registry"));
		mkdirSync(join(directory, "context"));
		writeFileSync(join(directory, "context/hello"), "hello");
	});

	afterAll(async () => {
		await registry?.stop();
		await daemon?.stop();
		rmSync(directory, { recursive: true, force: true });
	});

	const docker = (...words: string[]): string =>
		execFileSync("docker", ["--host", `unix://${daemon.socketPath}`, ...words], { encoding: "utf8" });
	const build = (recipe: string, reference: string, onProgress?: (progress: ImageProgress) => void) => {
		writeFileSync(join(directory, "context/Dockerfile"), recipe);
		return buildDockerfile({
			socketPath: daemon.socketPath,
			context: join(directory, "context"),
			dockerfile: "Dockerfile",
			files: ["Dockerfile", "hello"],
			reference,
			...(onProgress === undefined ? {} : { onProgress }),
		});
	};

	test("are built from a Dockerfile, with progress, and a step that fails is named", async () => {
		const seen: string[] = [];
		const id = await build("FROM scratch\nCOPY hello /hello\n", "retake-test/hello", ({ text }) => seen.push(text));
		expect(docker("image", "inspect", "--format", "{{.Id}}", "retake-test/hello").trim()).toBe(id);
		expect(seen.join("\n")).toContain("COPY hello /hello");
		await expect(build("FROM scratch\nCOPY absent /absent\n", "retake-test/fails")).rejects.toMatchObject({
			code: "SANDBOX_FAILED",
			message: expect.stringContaining("absent"),
		});
	});

	test("are pulled by tag and by digest, with progress; what is not there or is damaged is told apart", async ({
		skip,
	}) => {
		if (registry === null) return skip("docker-registry is not installed");
		await build("FROM scratch\nCOPY hello /pulled\n", "retake-test/pulled");
		const name = `127.0.0.1:${registry.port}/pulled`;
		docker("tag", "retake-test/pulled", name);
		const [, digest = ""] = /(sha256:[0-9a-f]{64})/.exec(docker("push", name)) ?? [];
		const forget = (): string => docker("rmi", "--force", name, "retake-test/pulled");
		forget();
		const seen: ImageProgress[] = [];
		const { socketPath } = daemon;
		const id = await pullDockerImage(`${name}@${digest}`, { socketPath, onProgress: (line) => seen.push(line) });
		expect(id).toMatch(/^sha256:/);
		expect(seen.some(({ layer }) => layer !== null)).toBe(true);

		await expect(pullDockerImage(`${name}:absent`, { socketPath })).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("no such image"),
		});
		docker("rmi", "--force", id);
		damage(join(directory, "registry"));
		await expect(pullDockerImage(`${name}@${digest}`, { socketPath })).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			remedy: expect.stringMatching(/push it again|can be reached/),
		});
		await registry.stop();
		await expect(pullDockerImage(`${name}@${digest}`, { socketPath })).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			remedy: expect.stringContaining("can be reached"),
		});
	});
});

interface Registry {
	readonly port: number;
	stop(): Promise<void>;
}

/** Starts Debian's registry on the loopback, with what it keeps in a directory; null where it is not installed. */
async function startRegistry(directory: string): Promise<Registry | null> {
	const program = "/usr/bin/docker-registry";
	if (!existsSync(program)) return null;
	const port = await freePort();
	mkdirSync(directory);
	const configuration = join(directory, "config.yml");
	writeFileSync(
		configuration,
		`version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${directory}\nhttp:\n  addr: 127.0.0.1:${port}\n`,
	);
	const child = spawn(program, ["serve", configuration], { stdio: "ignore" });
	const ended = once(child, "exit");
	for (let attempt = 0; attempt < 200; attempt++) {
		const answered = await fetch(`http://127.0.0.1:${port}/v2/`).then(
			(response) => response.ok,
			() => false,
		);
		if (answered) break;
		await sleep(50);
	}
	return {
		port,
		stop: async () => {
			child.kill();
			await ended;
		},
	};
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	return typeof address === "object" && address !== null ? address.port : 0;
}

/** Overwrites the contents of every blob that the registry keeps. */
function damage(directory: string): void {
	for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
		if (entry.isFile() && entry.name === "data") writeFileSync(join(entry.parentPath, entry.name), "damaged");
	}
}
