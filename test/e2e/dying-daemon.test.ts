import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDockerImage, type RemoteDaemon, readImageDeclaration } from "@retake/sandbox";
import { ensureDocker, hostProcesses, needs, startRemoteDocker, untilProcesses } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { type RetakeProcess, retake, startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

interface Daemon {
	readonly socketPath: string;
	readonly processId: number | null;
	readonly remote?: RemoteDaemon;
	stop(): Promise<void>;
}

interface Run {
	readonly runId: string;
}

const daemons: Readonly<Record<string, () => Promise<Daemon>>> = {
	"on this machine": () => ensureDocker({ socketPath: "/nowhere/docker.sock" }),
	"over TCP with TLS": startRemoteDocker,
};

describe("a daemon that dies in the middle of a command", needs("docker"), () => {
	for (const [where, start] of Object.entries(daemons))
		test(`${where}, is said with what to do, and the run can be shown and played`, { timeout: 200_000 }, async () => {
			const daemon = await start();
			const scratch = mkdtempSync(join(tmpdir(), "rtk"));
			using workspace = scratchWorkspace({ here: "mine\n" });
			const nonce = crypto.randomUUID();
			let running: RetakeProcess | null = null;
			try {
				const declaration = readImageDeclaration(join(import.meta.dirname, "../../sandbox-images/base/image.json"));
				const places = { socketPath: daemon.socketPath, cacheDirectory: join(tmpdir(), "retake-images") };
				await buildDockerImage(declaration, places);
				const script = `echo written > new; echo begun; while :; do sleep 1; : ${nonce}; done`;
				const words = ["run", "--json", "--sandbox", "docker", "--", "sh", "-c", script];
				running = startRetake(workspace.path, words, environmentOf(daemon, scratch));
				await untilContained(nonce, running);

				process.kill(daemon.processId ?? Number.NaN, "SIGKILL");
				const { exitCode, stdout } = await running.ended;
				expect(exitCode, stdout).toBe(3);
				const said = JSON.parse(stdout) as { readonly error: unknown };
				expect(said.error).toMatchObject({
					code: "SANDBOX_FAILED",
					remedy: expect.stringContaining("start the daemon again"),
				});
				const listed = await retake(workspace.path, "runs", "--json");
				const [run] = (JSON.parse(listed.stdout) as { readonly runs: readonly Run[] }).runs;
				expect(run).toMatchObject({ state: "rolled-back", failed: true });
				const runId = run?.runId ?? "";
				const shown = await retake(workspace.path, "show", runId);
				expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
				expect(shown.stdout).toMatch(/exec .* SANDBOX_FAILED/);
				// Played, it fails the same, and nothing of the record is found changed.
				const played = await retake(workspace.path, "replay", runId, "--json");
				expect([played.exitCode, JSON.parse(played.stdout)]).toEqual([3, said]);
			} finally {
				running?.child.kill("SIGKILL");
				await daemon.stop();
				rmSync(scratch, { recursive: true, force: true });
			}
			expect(hostProcesses(nonce)).toEqual([]);
		});
});

/** Waits until the command runs in its container. */
async function untilContained(nonce: string, { child, ended }: RetakeProcess): Promise<void> {
	while ((await untilProcesses(nonce, (found) => found.length > 0)).length === 0) {
		if (child.exitCode !== null) throw new Error(JSON.stringify(await ended));
	}
}

/** How Docker's own command would be told of a daemon. */
function environmentOf({ socketPath, remote }: Daemon, scratch: string): Readonly<Record<string, string>> {
	const images = { RETAKE_IMAGES: join(scratch, "images") };
	if (remote === undefined) return { ...images, DOCKER_HOST: `unix://${socketPath}` };
	const certificates = join(scratch, "certificates");
	mkdirSync(certificates);
	const files = { "ca.pem": remote.authority, "cert.pem": remote.certificate, "key.pem": remote.key };
	for (const [name, text] of Object.entries(files)) writeFileSync(join(certificates, name), text, { mode: 0o600 });
	return { ...images, DOCKER_HOST: `tcp://${remote.host}:${remote.port}`, DOCKER_CERT_PATH: certificates };
}
