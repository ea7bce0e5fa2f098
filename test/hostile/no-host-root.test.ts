import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { defaultDockerImage } from "@retake/sandbox";
import { hostProcesses, needs, untilProcesses } from "@retake/testkit";
import { expect, inject, test } from "vitest";
import { openArena } from "./ground/arena.ts";
import type {} from "./ground/docker-service.ts";

/** Forks, daemons and programs that ask for another user, each of them carrying the nonce among its arguments. */
const crowd = `
sh -c 'sleep 20; : $0' "$1" &
setsid sh -c 'while :; do sleep 1; : $0; done' "$1" </dev/null >/dev/null 2>&1 &
perl -e '$> = 0; $< = 0; setpgrp; sleep 20' "$1" &
su -c "sleep 20" root "$1" 2>/dev/null; sudo -n sleep 20 "$1" 2>/dev/null; setpriv --reuid 0 sleep 20 "$1" 2>/dev/null
sleep 20; : "$1"`;

/** Looks as often as it can, while something runs, whose the contained processes with a nonce are. */
async function uidsDuring(nonce: string, running: Promise<unknown>): Promise<ReadonlySet<number>> {
	const over = new AbortController();
	const end = (): void => over.abort();
	running.then(end, end);
	const uids = new Set<number>();
	while (!over.signal.aborted) {
		for (const each of hostProcesses(nonce)) if (each.contained) uids.add(each.uid);
		await new Promise(setImmediate);
	}
	return uids;
}

async function expectNoRoot(driver: "bubblewrap" | "docker", dockerSocket: string | null): Promise<void> {
	await using arena = await openArena({
		...{ driver, dockerSocket, limits: { timeoutMs: 3000 }, files: { "README.md": "hello\n" } },
		...{ prepare: () => undefined, allow: null },
	});
	const { nonce } = arena.tripwires;
	const running = arena.shell(crowd, nonce);
	const seen = uidsDuring(nonce, running);
	expect((await untilProcesses(nonce, (found) => found.length >= 4)).length).toBeGreaterThanOrEqual(4);
	expect(await running).toMatchObject({ timedOut: true });
	expect([...(await seen)]).toEqual([61_184]);
	await arena.expectUnharmed();
}

// Where Retake itself is an ordinary user, so is whatever it starts; what matters is Retake as root.
test("as seen from outside, no process of a candidate ever is uid 0 with bubblewrap", needs("root"), async () => {
	await expectNoRoot("bubblewrap", null);
});

test("as seen from outside, no process of a candidate ever is uid 0 with docker", needs("docker"), async (context) => {
	const docker = inject("docker");
	if ("missing" in docker) return context.skip(docker.missing);
	await expectNoRoot("docker", docker.socketPath);
});

test("in a container that Docker makes as it is told, the same look sees uid 0", needs("docker"), async (context) => {
	const docker = inject("docker");
	if ("missing" in docker) return context.skip(docker.missing);
	const nonce = crypto.randomUUID();
	const words = ["--host", `unix://${docker.socketPath}`, "run", "--rm", "--network=none", "--user=0:0"];
	const running = promisify(execFile)("docker", [...words, defaultDockerImage, "sh", "-c", `sleep 2; : ${nonce}`]);
	expect([...(await uidsDuring(nonce, running))]).toContain(0);
});
