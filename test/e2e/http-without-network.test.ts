import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { needs } from "@retake/testkit";
import { expect, test } from "vitest";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const program = join(import.meta.dirname, "../../packages/retake/bin/retake.js");

const agent = `
import { writeFileSync } from "node:fs";
const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "count" }] });
const headers = { "content-type": "application/json", authorization: "Bearer " + process.env.OPENAI_API_KEY };
const response = await fetch(process.env.OPENAI_BASE_URL + "/chat/completions", { method: "POST", headers, body })
	.catch((error) => { console.log(error.cause.code); process.exit(7); });
writeFileSync("answer.txt", await response.text());
`;

/** Every address to which a process or one that it started tried to connect over IP, as the kernel was asked. */
function connectsOf(directory: string, argv: readonly string[], variables: Readonly<Record<string, string>> = {}) {
	const log = join(directory, "calls.log");
	// A network namespace of its own, in which nothing is up.
	const watched = ["--net", "strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", log, ...argv];
	const { status, stdout, stderr } = spawnSync("unshare", watched, {
		cwd: directory,
		encoding: "utf8",
		env: { ...process.env, ...variables },
		timeout: 200_000,
	});
	const calls = existsSync(log) ? readFileSync(log, "utf8") : "";
	const addresses = [
		...calls.matchAll(/sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/g),
		...calls.matchAll(/sin6_port=htons\((\d+)\),.*?inet_pton\(AF_INET6, "([^"]+)"/g),
	].map(([, port, address]) => `${address}:${port}`);
	return { status, stdout, stderr, addresses: [...new Set(addresses)] };
}

test("a playback of recorded HTTP runs where there is no network, and the kernel sees it ask for none but its own proxy", {
	...needs("root"),
	timeout: 300_000,
}, async () => {
	using workspace = scratchWorkspace({ "agent.mjs": agent });
	const model = new LLMock({ port: 0, chunkSize: 4 });
	model.onMessage("count", { content: "one two three" });
	await model.start();
	const where = new URL(model.url);
	const recorded = await startRetake(workspace.path, [
		...["run", "--record-http", "--upstream", `openai=${model.url}`, "--", "node", "agent.mjs"],
	]).ended;
	expect(recorded.exitCode, recorded.stderr).toBe(0);
	await model.stop();

	const retake = [process.execPath, program];
	for (const words of [
		["replay", "@last"],
		["replay", "@last", "--verify"],
	]) {
		const played = connectsOf(workspace.path, [...retake, ...words]);
		expect(played.stdout + played.stderr).toContain("served from the record");
		expect(played.status, played.stdout + played.stderr).toBe(0);
		for (const address of played.addresses) expect(address).toMatch(/^127\.0\.0\.1:/);
		expect(played.addresses).not.toContain(`127.0.0.1:${where.port}`);
		// The command is executed with --verify alone, and it does speak: with the proxy in its own namespace.
		expect(played.addresses).toHaveLength(words.length === 2 ? 0 : 1);
	}

	// Control: the same process without the tape asks for the model, and does not get there.
	const alone = connectsOf(workspace.path, [process.execPath, "agent.mjs"], {
		OPENAI_BASE_URL: `http://127.0.0.1:${where.port}/v1`,
		OPENAI_API_KEY: "none",
	});
	expect(alone.addresses).toEqual([`127.0.0.1:${where.port}`]);
	expect(alone.status).toBe(7);
	expect(alone.stdout).toMatch(/ENETUNREACH|ECONNREFUSED/);
});
