import { dirname } from "node:path";
import type { NetworkOptions } from "@retake/sandbox";
import { needs, openRoom, text } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";
import { authority, startSecureServer } from "./secure-server.ts";

const secret = "token-0123456789abcdef";
/** The image has no client of TLS: it is this Node, which looks where the sandbox's variables say. */
const mounts = [{ source: dirname(dirname(process.execPath)), target: "/opt/node" }];
const fetching = [
	"/opt/node/bin/node",
	"-e",
	"fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t), (e) => process.stdout.write(`failed ${e.cause?.code ?? e}`))",
];

describe("the way out of a container", needs("docker"), () => {
	let ground: DockerGround;

	beforeAll(async () => {
		ground = await openDockerGround();
	});

	afterAll(() => ground?.[Symbol.asyncDispose]());

	const openWith = (to: string, authorities: NetworkOptions["authorities"]) =>
		openRoom(
			() => ground.open({ mounts }),
			{},
			{
				allow: [`${to}=127.0.0.1`],
				secrets: [{ name: "token", value: secret, to, header: "authorization", format: "Bearer {}" }],
				authorities,
			},
		);

	test("a secret goes over TLS to its host, and a program that checks certificates never sees it", async () => {
		await using server = await startSecureServer("api.internal");
		const to = `api.internal:${server.port}`;
		await using room = await openWith(to, [authority]);
		const ended = await room.run([...fetching, `https://${to}/`]);
		expect(text(ended.stdout)).toBe("hello");
		expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${secret}`]);
		expect(ended.network?.connections).toMatchObject([{ host: "api.internal", verdict: "passed", status: 200 }]);
		const everywhere = "env; cat /proc/*/environ /proc/*/cmdline /etc/retake/* 2>/dev/null; true";
		expect(text((await room.shell(everywhere)).stdout)).not.toContain(secret);
		// Control: to the same program, the same server is one that it does not trust where no variable says whom to trust.
		const untrusting = await room.run([
			"env",
			"-u",
			"NODE_EXTRA_CA_CERTS",
			"-u",
			"SSL_CERT_FILE",
			...fetching,
			`https://${to}/`,
		]);
		expect(text(untrusting.stdout)).toContain("failed");
		expect(server.asked).toHaveLength(1);
	});

	test("a server that the host does not trust gets no secret", async () => {
		await using server = await startSecureServer("api.internal");
		const to = `api.internal:${server.port}`;
		await using room = await openWith(to, []);
		const ended = await room.run([...fetching, `https://${to}/`]);
		expect(ended.network?.connections).toMatchObject([{ verdict: "failed", reason: "certificate" }]);
		expect(server.asked).toEqual([]);
	});
});
