import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createPlainServer, type Server as PlainServer } from "node:net";
import type { NetworkOptions } from "@retake/sandbox";
import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Sends words to the proxy as they are and prints all that comes back. */
const ask = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:3128") or die "no proxy\\n"; print $s $ARGV[0]; $s->flush; local $/; print <$s>;`;

/** Returns the argv of a command that sends raw words to the proxy. */
function asking(words: string): readonly string[] {
	return ["perl", "-e", ask, words];
}

function get(authority: string, path = "/"): string {
	return `GET http://${authority}${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`;
}

/** A server on the host's loopback, with what it was asked. */
interface HostServer extends AsyncDisposable {
	readonly port: number;
	readonly asked: IncomingMessage[];
	readonly open: () => Promise<number>;
}

async function listening(server: Server | PlainServer): Promise<number> {
	await once(server.listen(0, "127.0.0.1"), "listening");
	const address = server.address();
	return typeof address === "object" && address !== null ? address.port : 0;
}

async function webServer(answer: (request: IncomingMessage) => string): Promise<HostServer> {
	const asked: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		asked.push(request);
		request.resume().on("end", () => response.end(answer(request)));
	});
	return { port: await listening(server), ...disposing(server), asked };
}

async function echoServer(): Promise<HostServer> {
	const server = createPlainServer((socket) => {
		socket.on("error", () => undefined).pipe(socket);
	});
	return { port: await listening(server), ...disposing(server), asked: [] };
}

function disposing(server: Server | PlainServer): Pick<HostServer, "open"> & AsyncDisposable {
	return {
		open: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
		[Symbol.asyncDispose]: async () => {
			server.close();
			if ("closeAllConnections" in server) server.closeAllConnections();
		},
	};
}

function allowing(...allow: readonly string[]): NetworkOptions {
	return { allow, secrets: [], authorities: [] };
}

/** Tests what a command reaches with an allow-list. */
export function networkCases(openHarness: OpenSandboxHarness): void {
	test("without an allow-list there is no proxy, no variable for one, and no record", async () => {
		await using room = await openRoom(openHarness);
		const { stdout, network } = await room.shell(`env | grep -i proxy; perl -e '${ask}' x 2>&1`);
		expect(text(stdout)).toBe("no proxy\n");
		expect(network).toBeNull();
	});

	test("what is listed passes, what is not is refused, and both are on record in an order of their own", async () => {
		await using server = await webServer(() => "hello");
		const listed = `api.internal:${server.port}`;
		await using room = await openRoom(openHarness, {}, allowing(`${listed}=127.0.0.1`));
		const { stdout, network } = await room.shell(
			`for name in other.internal ${"api.internal"}; do perl -e '${ask}' "GET http://$name:${server.port}/ HTTP/1.0\r\n\r\n"; done`,
		);
		expect(text(stdout)).toMatch(/^HTTP\/1\.1 403 .*not on the allow-list.*HTTP\/1\.1 200 OK.*hello$/s);
		expect(server.asked.map(({ headers }) => headers.host)).toEqual([listed]);
		const asked = { port: server.port, method: "GET", sentBytes: 0 };
		expect(network).toEqual({
			connections: [
				{ ...asked, host: "api.internal", verdict: "passed", reason: null, status: 200, receivedBytes: 5 },
				{ ...asked, host: "other.internal", verdict: "refused", reason: "not-listed", status: null, receivedBytes: 0 },
			],
			dropped: 0,
		});
	});

	test("with an allow-list there is still no other way out", async () => {
		await using server = await webServer(() => "hello");
		await using room = await openRoom(openHarness, {}, allowing(`api.internal:${server.port}=127.0.0.1`));
		const direct = `use IO::Socket::INET; for (@ARGV) { print "reached $_\\n" if IO::Socket::INET->new(PeerAddr => $_, Timeout => 1) }`;
		const { stdout } = await room.run(["perl", "-e", direct, `127.0.0.1:${server.port}`, "1.1.1.1:443", "10.0.0.1:80"]);
		expect(text(stdout)).toBe("");
		expect(server.asked).toEqual([]);
		const devices = await room.shell("tail -n +3 /proc/net/dev | grep -vE ' lo:|(tunl|sit|gre|erspan|ip6|ip_vti)'");
		expect(text(devices.stdout)).toBe("");
	});

	test("a tunnel passes bytes both ways, and ends with the command", async () => {
		await using server = await echoServer();
		const listed = `echo.internal:${server.port}`;
		await using room = await openRoom(openHarness, {}, allowing(`${listed}=127.0.0.1`));
		const talk = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:3128") or die; print $s "CONNECT ${listed} HTTP/1.1\\r\\nHost: ${listed}\\r\\n\\r\\n"; $s->flush; while (<$s>) { last if /^\\r\\n/ } print $s "ping\\n"; $s->flush; print scalar <$s>; $| = 1; print ""; sleep 60;`;
		const ended = await room.run(["perl", "-e", talk.replace('print "";', 'print "up\\n";')], { timeoutMs: 3000 });
		expect(ended).toMatchObject({ timedOut: true });
		expect(text(ended.stdout)).toBe("ping\nup\n");
		expect(ended.network?.connections).toEqual([
			{
				...{ host: "echo.internal", port: server.port, method: "CONNECT", verdict: "passed", reason: null },
				...{ status: null, sentBytes: 5, receivedBytes: 5 },
			},
		]);
		for (let turn = 0; turn < 100 && (await server.open()) > 0; turn++)
			await new Promise((next) => setTimeout(next, 10));
		expect(await server.open()).toBe(0);
	});

	test("a secret is in the request and nowhere inside, not even in an answer that repeats it", async () => {
		const value = "s3cret-0123456789";
		await using server = await webServer(({ headers }) => `you sent ${headers.authorization}`);
		const to = `api.internal:${server.port}`;
		await using room = await openRoom(
			openHarness,
			{},
			{
				allow: [`${to}=127.0.0.1`],
				secrets: [{ name: "token", value, to, header: "authorization", format: "Bearer {}" }],
				authorities: [],
			},
		);
		const own = get(to).replace("Connection", "Authorization: mine\r\nConnection");
		const { stdout } = await room.run(asking(own));
		expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${value}`]);
		expect(text(stdout)).toContain(`you sent Bearer ${"*".repeat(value.length)}`);
		const everywhere = "env; cat /proc/*/environ /proc/*/cmdline /etc/retake/* 2>/dev/null; true";
		expect(text((await room.shell(everywhere)).stdout)).not.toContain(value);
	});

	test("commands that run at once have each a way out and a record of their own", async () => {
		await using server = await webServer(({ url }) => url ?? "");
		const listed = `api.internal:${server.port}`;
		await using room = await openRoom(openHarness, {}, allowing(`${listed}=127.0.0.1`));
		const paths = ["/a", "/bb", "/ccc"];
		const ended = await Promise.all(paths.map((path) => room.run(asking(get(listed, path)))));
		expect(ended.map(({ network }) => network?.connections.map(({ receivedBytes }) => receivedBytes))).toEqual([
			[2],
			[3],
			[4],
		]);
	});

	test("commands that share a loopback have each a way out and a record of their own too", async () => {
		await using server = await webServer(({ url }) => url ?? "");
		const listed = `api.internal:${server.port}`;
		await using room = await openRoom(openHarness, {}, allowing(`${listed}=127.0.0.1`));
		await using network = await room.sandbox.openLoopback();
		// Both wait for the other, so that they are there at once; the proxy is where the variable says.
		const rendezvous = (own: number, other: number): string =>
			`use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => ${own}, Listen => 1, ReuseAddr => 1) or die; until (IO::Socket::INET->new("127.0.0.1:${other}")) { select undef, undef, undef, 0.02 } $s->accept; ${ask.replace('"127.0.0.1:3128"', "$ENV{http_proxy} =~ m{//([^/]+)}")}`;
		const ended = await Promise.all([
			room.run(["perl", "-e", rendezvous(8001, 8002), get(listed, "/a")], { network }),
			room.run(["perl", "-e", rendezvous(8002, 8001), get(listed, "/bb")], { network }),
		]);
		expect(ended.map(({ network: report }) => report?.connections.map(({ receivedBytes }) => receivedBytes))).toEqual([
			[2],
			[3],
		]);
	});
}

/** Tests a driver that cannot keep an allow-list here: nothing runs with less than was asked for. */
export function refusedNetworkCases(openHarness: OpenSandboxHarness): void {
	test("an allow-list that cannot be kept is refused when the sandbox is opened, by name and with a remedy", async () => {
		await expect(openRoom(openHarness, {}, allowing("api.internal:80=127.0.0.1"))).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining("no allow-list can be kept here"),
			remedy: expect.stringContaining("bubblewrap"),
		});
	});
}
