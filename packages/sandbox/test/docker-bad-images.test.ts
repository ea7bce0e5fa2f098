import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildDockerfile, buildDockerImage, readImageDeclaration } from "@retake/sandbox";
import { ensureDocker, needs, openRoom, startSmallDocker } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";

describe("an image that cannot be used", needs("docker"), () => {
	let ground: DockerGround;
	const scratch = mkdtempSync(join(tmpdir(), "rti"));

	beforeAll(async () => {
		ground = await openDockerGround();
	});

	afterAll(async () => {
		await ground?.[Symbol.asyncDispose]();
		rmSync(scratch, { recursive: true });
	});

	/** Gives the daemon an image with just these programs. */
	const give = (name: string, programs: Readonly<Record<string, string>>): string => {
		const root = join(scratch, name);
		mkdirSync(root, { recursive: true });
		for (const [path, content] of Object.entries(programs)) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), content);
			chmodSync(join(root, path), 0o755);
		}
		const tar = execFileSync("tar", ["--create", `--directory=${root}`, "."]);
		const words = ["--host", `unix://${ground.socketPath}`, "import", "-", `bad/${name}:latest`];
		execFileSync("docker", words, { input: tar, stdio: ["pipe", "pipe", "pipe"] });
		return `bad/${name}:latest`;
	};
	/** Gives the daemon an image with nothing in it, as `docker save` writes one. */
	const load = (name: string, architecture: string): string => {
		const root = join(scratch, name);
		mkdirSync(root);
		const layer = execFileSync("tar", ["--create", "--files-from=/dev/null"]);
		const digest = createHash("sha256").update(layer).digest("hex");
		const rootfs = { type: "layers", diff_ids: [`sha256:${digest}`] };
		writeFileSync(join(root, "layer.tar"), layer);
		writeFileSync(join(root, "config.json"), JSON.stringify({ architecture, os: "linux", config: {}, rootfs }));
		const manifest = [{ Config: "config.json", RepoTags: [`bad/${name}:latest`], Layers: ["layer.tar"] }];
		writeFileSync(join(root, "manifest.json"), JSON.stringify(manifest));
		const tar = execFileSync("tar", ["--create", `--directory=${root}`, "."]);
		execFileSync("docker", ["--host", `unix://${ground.socketPath}`, "load"], { input: tar, stdio: "pipe" });
		return `bad/${name}:latest`;
	};
	const opening = async (image: string): Promise<unknown> => {
		await using harness = await ground.open({ image });
		return await harness.driver.open(harness.options).then(
			async (sandbox) => sandbox[Symbol.asyncDispose](),
			(error: unknown) => error,
		);
	};

	test("since it is another machine's, is refused before anything is started", async () => {
		const image = load("elsewhere", "arm64");
		expect(await opening(image)).toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("is for arm64, not amd64"),
			remedy: expect.stringContaining("load it into the daemon"),
		});
	});

	test("since it has no programs, is refused with those that it needs", async () => {
		expect(await opening(give("empty", {}))).toMatchObject({
			code: "SANDBOX_FAILED",
			remedy: expect.stringContaining("sh, env and sleep"),
		});
	});

	test("since its programs are damaged, is refused with what to do", async () => {
		const damaged = "\u007fELF and then nothing that makes sense";
		expect(await opening(give("damaged", { "bin/sleep": damaged, "bin/sh": damaged }))).toMatchObject({
			code: "SANDBOX_FAILED",
			remedy: expect.stringContaining("again: its programs are damaged"),
		});
	});
});

describe("an image whose layers are damaged on the daemon's disk", needs("docker"), () => {
	let ground: DockerGround;
	let scratch: string;
	beforeAll(async () => {
		scratch = mkdtempSync(join(tmpdir(), "rti"));
		// Its disk is nobody else's.
		ground = await openDockerGround(() => ensureDocker({ socketPath: "/nowhere/docker.sock" }));
	});
	afterAll(async () => {
		await ground?.[Symbol.asyncDispose]();
		rmSync(scratch, { recursive: true, force: true });
	});

	const docker = (...words: readonly string[]): string =>
		execFileSync("docker", ["--host", `unix://${ground.socketPath}`, ...words], { encoding: "utf8", stdio: "pipe" });
	/** Builds an image whose programs lie in a layer of its own, and returns where that is on the disk. */
	const build = async (name: string): Promise<{ readonly image: string; readonly layer: string }> => {
		const programs = "/usr/bin/dash /usr/bin/env /usr/bin/sleep";
		const copies = `for each in ${programs}; do cp $each /tmp/copy && mv /tmp/copy $each; done; echo ${name} > /opt/name`;
		writeFileSync(join(scratch, "Dockerfile"), `FROM retake/base\nUSER 0\nRUN ${copies}\n`);
		const reference = `damaged/${name}:latest`;
		const { socketPath } = ground;
		await buildDockerfile({ socketPath, context: scratch, dockerfile: "Dockerfile", files: ["Dockerfile"], reference });
		const layer = docker("image", "inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", reference).trim();
		return { image: reference, layer };
	};
	const empty = (layer: string): void => {
		for (const name of ["dash", "env", "sleep"]) truncateSync(join(layer, "usr/bin", name), 5000);
	};
	const opening = async (image: string): Promise<unknown> => {
		await using harness = await ground.open({ image });
		return await harness.driver.open(harness.options).then(
			async (sandbox) => sandbox[Symbol.asyncDispose](),
			(error: unknown) => error,
		);
	};

	test("in a file of it: refused with what to do", async () => {
		const { image, layer } = await build("programs");
		expect(await opening(image)).toBe(undefined);
		empty(layer);
		expect(await opening(image)).toMatchObject({
			code: "SANDBOX_FAILED",
			remedy: expect.stringContaining("its programs are damaged"),
		});
	});

	test("as a whole: refused with what to do", async () => {
		const { image, layer } = await build("layer");
		rmSync(layer, { recursive: true });
		expect(await opening(image)).toMatchObject({
			code: "SANDBOX_FAILED",
			remedy: expect.stringContaining("its layers are damaged"),
		});
	});

	test("while a sandbox is open: the commands after that fail as the sandbox, not as a candidate would", async () => {
		const { image, layer } = await build("meanwhile");
		await using room = await openRoom(() => ground.open({ image }));
		expect(await room.run(["true"])).toMatchObject({ exitCode: 0 });
		empty(layer);
		// A room that waited has its launcher already, and finds no program to become; whether one did is a matter of time.
		const answers: unknown[] = [];
		for (let round = 0; round < 4; round++) answers.push(await room.run(["true"]).catch((error: unknown) => error));
		for (const answer of answers) expect(answer).not.toMatchObject({ exitCode: 0 });
		const refused = { code: "SANDBOX_FAILED", remedy: expect.stringContaining("its programs are damaged") };
		expect(answers.slice(2)).toMatchObject([refused, refused]);
	});
});

test("a daemon whose disk is full says so, and what to do", needs("docker"), async () => {
	const daemon = await startSmallDocker(32 * 1024 ** 2);
	try {
		const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
		const options = { socketPath: daemon.socketPath, cacheDirectory: join(tmpdir(), "retake-images") };
		await expect(buildDockerImage(declaration, options)).rejects.toMatchObject({
			code: "SANDBOX_FAILED",
			message: expect.stringContaining("no space left on device"),
			remedy: expect.stringContaining("make room on the daemon's disk"),
		});
	} finally {
		await daemon.stop();
	}
});
