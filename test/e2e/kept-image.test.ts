import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildDockerfile, buildRootFileSystem, readImageDeclaration } from "@retake/sandbox";
import { type DockerFixture, ensureDocker, needs } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const declaration = readImageDeclaration(join(import.meta.dirname, "../../sandbox-images/base/image.json"));

// The programs are the image's, and not the host's: it has no git, and a Debian of its own.
const look = "cat /etc/debian_version; command -v git || echo no git; cat /workspace/here";

describe("an image that is kept", needs("docker"), () => {
	let daemon: DockerFixture;
	let scratch: string;
	beforeAll(async () => {
		daemon = await ensureDocker();
		scratch = mkdtempSync(join(tmpdir(), "rtk"));
		const artefacts = join(scratch, "images/artefacts");
		mkdirSync(artefacts, { recursive: true });
		// What other tests have built already.
		const tar = await buildRootFileSystem(declaration, { cacheDirectory: join(tmpdir(), "retake-images") });
		copyFileSync(tar, join(artefacts, basename(tar)));
	});
	afterAll(async () => {
		await daemon?.stop();
		rmSync(scratch, { recursive: true, force: true });
	});

	const docker = (...words: string[]): string =>
		execFileSync("docker", ["--host", `unix://${daemon.socketPath}`, ...words], { encoding: "utf8" });

	const retake = async (directory: string, ...words: string[]): Promise<string> => {
		const environment = { RETAKE_IMAGES: join(scratch, "images"), DOCKER_HOST: `unix://${daemon.socketPath}` };
		const { exitCode, stdout, stderr } = await startRetake(directory, words, environment).ended;
		expect(exitCode, stderr).toBe(0);
		return stdout;
	};

	/** Returns what a shell script prints in an image. */
	const runIn = (directory: string, sandbox: string, image: string, script = look): Promise<string> =>
		retake(directory, "run", "--sandbox", sandbox, "--image", image, "--", "/bin/sh", "-c", script);

	const digestIn = (document: string): string => {
		const { images } = JSON.parse(document) as { readonly images: readonly { readonly digest: string }[] };
		return images[0]?.digest ?? "";
	};

	test("shows docker and bubblewrap the same, and the daemon is given its tar once", { timeout: 400_000 }, async () => {
		using workspace = scratchWorkspace({ here: "mine\n" });
		const digest = digestIn(await retake(workspace.path, "image", "build", "base", "--json"));
		const reference = `retake/base:kept-${digest.slice(0, 16)}`;
		docker("image", "rm", "--force", reference);
		const seen = await runIn(workspace.path, "docker", "base");
		expect(seen).toMatch(/^12\.\d+\nno git\nmine\n$/);
		expect(await runIn(workspace.path, "bubblewrap", "base")).toBe(seen);
		const inspect = () => docker("image", "inspect", "--format", "{{.Id}} {{json .RootFS.Layers}}", reference);
		const given = inspect();
		expect(given).toContain(`["sha256:${digest}"]`);
		expect(await runIn(workspace.path, "docker", "base")).toBe(seen);
		expect(inspect()).toBe(given);
	});

	test("comes from a Dockerfile of the user's: saved to an archive or read from the daemon, it is one and runs in bubblewrap", {
		timeout: 400_000,
	}, async () => {
		using workspace = scratchWorkspace({ here: "mine\n" });
		const context = join(scratch, "context");
		mkdirSync(context);
		writeFileSync(join(context, "tool"), '#!/bin/sh\necho "$GREETING, from a tool"\n', { mode: 0o755 });
		const digest = digestIn(await retake(workspace.path, "image", "build", "base", "--json"));
		await runIn(workspace.path, "docker", "base");
		const from = `FROM retake/base:kept-${digest.slice(0, 16)}`;
		const lines = [from, "COPY tool /opt/tool", "RUN rm /etc/issue && ln -s tool /opt/link", "ENV GREETING=hello"];
		writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
		const reference = "retake-test/own:1";
		const files = ["Dockerfile", "tool"];
		await buildDockerfile({ socketPath: daemon.socketPath, context, dockerfile: "Dockerfile", files, reference });

		const archive = join(scratch, "own.tar");
		docker("save", "--output", archive, reference);
		const saved = await retake(workspace.path, "image", "import", "saved", "--archive", archive, "--json");
		const read = await retake(workspace.path, "image", "import", "read", "--docker", reference, "--json");
		expect(digestIn(saved)).toBe(digestIn(read));
		expect(digestIn(saved)).not.toBe(digest);

		const script = `${look}; cat /opt/link; ls /etc/issue 2>/dev/null || echo no issue; /opt/link`;
		const seen = await runIn(workspace.path, "bubblewrap", "saved", script);
		expect(seen).toMatch(/^12\.\d+\nno git\nmine\n#!\/bin\/sh\n.*\nno issue\nhello, from a tool\n$/);
		// To docker the daemon's own is named.
		expect(await runIn(workspace.path, "docker", reference, script)).toBe(seen);
	});
});
