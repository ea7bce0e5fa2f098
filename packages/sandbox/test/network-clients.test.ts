import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { openRoom, text } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";
import { authority, startSecureServer } from "./secure-server.ts";

const secret = "token-0123456789abcdef";

/** Real programs, each told what to fetch as its last word; each prints what came. */
const clients: Readonly<Record<string, readonly string[]>> = {
	curl: ["/usr/bin/curl", "-sS"],
	python: [
		"/usr/bin/python3",
		"-c",
		"import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode(), end='')",
	],
	node: [
		"/opt/node/bin/node",
		"-e",
		"fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t))",
	],
	git: ["/usr/bin/git", "ls-remote"],
};

/** This Node lies outside `/usr`, perhaps beneath a `/tmp` of which the sandbox has its own. */
const mounts = [{ source: dirname(dirname(process.execPath)), target: "/opt/node" }];

describe.each(Object.entries(clients).filter(([name, [program = ""]]) => name === "node" || existsSync(program)))(
	"%s",
	(name, words) => {
		test("fetches through the proxy, over TLS with a secret that it does not see", async () => {
			await using server = await startSecureServer("api.internal");
			const to = `api.internal:${server.port}`;
			await using room = await openRoom(
				() => openBubblewrapHarness({ mounts }),
				{},
				{
					allow: [`${to}=127.0.0.1`, `plain.internal:${server.plainPort}=127.0.0.1`],
					secrets: [{ name: "token", value: secret, to, header: "authorization", format: "Bearer {}" }],
					authorities: [authority],
				},
			);
			const ended = await room.run([...words, `https://${to}/`]);
			const plain = await room.run([...words, `http://plain.internal:${server.plainPort}/`]);
			const printed = name === "git" ? "" : "hello";
			expect([text(ended.stdout), text(ended.stderr), text(plain.stdout)]).toEqual(
				name === "git" ? [printed, expect.anything(), printed] : [printed, "", printed],
			);
			expect([...new Set(server.asked.map(({ headers }) => headers.authorization))]).toEqual([
				`Bearer ${secret}`,
				undefined,
			]);
			expect(ended.network?.connections).toEqual(
				expect.arrayContaining([expect.objectContaining({ host: "api.internal", method: "GET", status: 200 })]),
			);
			expect(plain.network?.connections[0]).toMatchObject({ host: "plain.internal", verdict: "passed" });
			const refused = await room.run([...words, "https://elsewhere.internal/"]);
			expect(refused.exitCode).not.toBe(0);
			expect(refused.network?.connections).toMatchObject([{ host: "elsewhere.internal", verdict: "refused" }]);
		});
	},
);

test("a client that tunnels plain HTTP gets the secret put in too", async () => {
	await using server = await startSecureServer("api.internal");
	const to = `api.internal:${server.plainPort}`;
	await using room = await openRoom(
		() => openBubblewrapHarness(),
		{},
		{
			allow: [`${to}=127.0.0.1`],
			secrets: [{ name: "token", value: secret, to, header: "x-key", format: "{}" }],
			authorities: [],
		},
	);
	const ended = await room.run(["/usr/bin/curl", "-sS", "--proxytunnel", `http://${to}/`]);
	expect(text(ended.stdout)).toBe("hello");
	expect(server.asked.map(({ headers }) => headers["x-key"])).toEqual([secret]);
});

test("a server whose certificate is another host's gets no secret", async () => {
	await using server = await startSecureServer("somebody-else.internal");
	const to = `api.internal:${server.port}`;
	await using room = await openRoom(
		() => openBubblewrapHarness(),
		{},
		{
			allow: [`${to}=127.0.0.1`],
			secrets: [{ name: "token", value: secret, to, header: "authorization", format: "Bearer {}" }],
			authorities: [authority],
		},
	);
	const ended = await room.run(["/usr/bin/curl", "-sS", `https://${to}/`]);
	expect(text(ended.stdout)).toContain("certificate");
	expect(ended.network?.connections).toMatchObject([{ verdict: "failed", reason: "certificate", status: null }]);
	expect(server.asked).toEqual([]);
});

test("without a secret TLS passes untouched, and the client checks the server itself", async () => {
	await using server = await startSecureServer("api.internal");
	const to = `api.internal:${server.port}`;
	await using room = await openRoom(
		() => openBubblewrapHarness(),
		{},
		{
			...{ allow: [`${to}=127.0.0.1`], secrets: [], authorities: [] },
		},
	);
	const script = `cat > /tmp/authority.pem; curl -sS https://${to}/; curl -sS --cacert /tmp/authority.pem https://${to}/`;
	const ended = await room.shell(script, { stdin: Buffer.from(authority) });
	expect(text(ended.stdout)).toBe("hello");
	expect(text(ended.stderr)).toContain("certificate");
	expect(ended.network?.connections).toMatchObject([{ method: "CONNECT" }, { method: "CONNECT" }]);
});

test("what the throw-away authority writes is what OpenSSL calls a certificate", () => {
	const shown = execFileSync("openssl", ["x509", "-noout", "-text"], { input: authority, encoding: "utf8" });
	expect(shown).toContain("CA:TRUE, pathlen:0");
});
