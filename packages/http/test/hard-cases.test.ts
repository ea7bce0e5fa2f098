import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { get, rawServer, talk } from "./raw-connection.ts";
import { Tape } from "./tape.ts";

const chunkedHead =
	"HTTP/1.1 200 Fine\r\nx-own: 1\r\nX-Own: 2\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

function upstreamsAt(base: string) {
	return [{ name: "up", base, credential: null }];
}

describe("what goes over the wire", () => {
	test("comes back from the record to the byte, chunk by chunk", async () => {
		await using tape = await Tape.open();
		await using server = await rawServer(async (socket) => {
			socket.write(`${chunkedHead}5\r\nfirst\r\n`);
			await sleep(20);
			// Two chunks in one piece of the connection, and one in two.
			socket.write("6\r\nsecond\r\n5\r\nthird\r\n");
			await sleep(20);
			socket.end("3\r\nend\r\n0\r\nx-trailer: yes\r\n\r\n");
		});
		const options = { upstreams: upstreamsAt(server.url) };
		const client = (url: string) => talk(url, get("/up/stream"));
		const recorded = await tape.record(options, client);
		expect(recorded.value).toContain("\r\n5\r\nfirst\r\n6\r\nsecond\r\n5\r\nthird\r\n3\r\nend\r\n0\r\n");
		expect(recorded.value).toMatch(/^HTTP\/1\.1 200 Fine\r\nx-own: 1\r\nx-own: 2\r\n/);
		expect(recorded.trace.calls[0]?.chunks.map(({ stream }) => stream)).toEqual([
			"head",
			"body",
			"body",
			"body",
			"body",
		]);
		const { value, report } = await tape.serve(recorded, options, client);
		expect(value).toBe(recorded.value);
		expect(report.served).toBe(1);
		expect(server.connections).toHaveLength(1);
	});

	test.each([
		["gzip", gzipSync],
		["br", brotliCompressSync],
		["zstd", zstdCompressSync],
	])("a body in %s keeps its bytes, and a request is the same however it was compressed", async (coding, compress) => {
		await using tape = await Tape.open();
		const packed = compress(Buffer.from("the answer ".repeat(50)));
		await using server = await rawServer((socket) => {
			socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${packed.byteLength}\r\n\r\n`);
			socket.end(packed);
		});
		const options = { upstreams: upstreamsAt(server.url) };
		const client = (body: Buffer) => (url: string) => {
			const head = `POST /up/x HTTP/1.1\r\nhost: p\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-encoding: ${coding}\r\n`;
			return talk(url, `${head}content-length: ${body.byteLength}\r\n\r\n${body.toString("latin1")}`);
		};
		const one = compress(Buffer.from('{"a":1,"b":2}'));
		const other = compress(Buffer.from('{ "b": 2, "a": 1 }'));
		expect(one.equals(other)).toBe(false);
		const recorded = await tape.record(options, client(one));
		expect(recorded.value.endsWith(`\r\n\r\n${packed.toString("latin1")}`)).toBe(true);
		expect(recorded.trace.calls[0]?.input).toMatchObject({ body: { json: { a: 1, b: 2 } } });
		expect((await tape.serve(recorded, options, client(other))).value).toBe(recorded.value);
	});

	test("a connection is used again, a body is waited for by 100-continue, and a HEAD has no body", async () => {
		await using tape = await Tape.open();
		await using server = await rawServer((socket, head) => {
			socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${head.startsWith("HEAD") ? "" : "hello"}`);
		});
		const options = { upstreams: upstreamsAt(server.url) };
		const client = (url: string) =>
			talk(
				url,
				"POST /up/one HTTP/1.1\r\nhost: p\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n",
				"body",
				"HEAD /up/two HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n",
			);
		const recorded = await tape.record(options, client);
		expect(recorded.value).toMatch(
			/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*hello[\s\S]*HTTP\/1\.1 200 OK/,
		);
		expect((await tape.serve(recorded, options, client)).value).toBe(recorded.value);
	});
});

describe("what goes wrong", () => {
	const breaks: readonly (readonly [string, string | null, RegExp])[] = [
		["resets the connection before it answers", null, /502 Bad Gateway[\s\S]*"code":"TOOL_FAILED"/],
		["does not speak HTTP", "SSH-2.0-OpenSSH_9.2\r\n", /502 Bad Gateway[\s\S]*HPE_/],
		["breaks off in the middle", `${chunkedHead}5\r\nfirst\r\n`, /\r\n\r\n5\r\nfirst\r\n$/],
		["sends a chunk that is none", `${chunkedHead}5\r\nfirst\r\nzz\r\n`, /\r\n\r\n5\r\nfirst\r\n$/],
		["sends less than it has announced", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour", /\r\n\r\nfour$/],
	];
	test.each(breaks)(
		"an upstream that %s is recorded so, and the process sees the same again",
		async (_name, bytes, seen) => {
			await using tape = await Tape.open();
			await using server = await rawServer(async (socket) => {
				if (bytes === null) {
					socket.resetAndDestroy();
					return;
				}
				socket.write(bytes);
				await sleep(30);
				socket.destroy();
			});
			const options = { upstreams: upstreamsAt(server.url) };
			const client = (url: string) => talk(url, get("/up/x"));
			const recorded = await tape.record(options, client);
			expect(recorded.value).toMatch(seen);
			expect(recorded.trace.calls[0]?.outcome).toMatchObject({ kind: "error", error: { code: "TOOL_FAILED" } });
			expect((await tape.serve(recorded, options, client)).value).toBe(recorded.value);
			expect(server.connections).toHaveLength(1);
		},
	);

	test("an upstream that nobody listens at is a 502, live and from the record", async () => {
		await using tape = await Tape.open();
		const gone = await rawServer(() => {});
		await gone[Symbol.asyncDispose]();
		const options = { upstreams: upstreamsAt(gone.url) };
		const client = (url: string) => talk(url, get("/up/x"));
		const recorded = await tape.record(options, client);
		expect(recorded.value).toMatch(/^HTTP\/1\.1 502[\s\S]*ECONNREFUSED/);
		expect((await tape.serve(recorded, options, client)).value).toBe(recorded.value);
	});

	test("a process that goes away in the middle is recorded as cancelled, with what it got; the upstream is let go", async () => {
		await using tape = await Tape.open();
		let upstreamClosed = false;
		await using server = await rawServer((socket) => {
			socket.once("close", () => {
				upstreamClosed = true;
			});
			socket.write(`${chunkedHead}5\r\nfirst\r\n`);
		});
		const options = { upstreams: upstreamsAt(server.url) };
		const client = async (url: string) => {
			const leaving = new AbortController();
			const response = await fetch(`${url}/up/x`, { signal: leaving.signal });
			const reader = response.body?.getReader();
			const first = await reader?.read();
			leaving.abort();
			await sleep(50);
			return Buffer.from(first?.value ?? []).toString();
		};
		const recorded = await tape.record(options, client);
		expect(recorded.value).toBe("first");
		expect(recorded.trace.calls[0]?.outcome).toEqual({ kind: "cancelled" });
		expect(recorded.trace.calls[0]?.chunks.map(({ stream }) => stream)).toEqual(["head", "body"]);
		expect(upstreamClosed).toBe(true);
		const served = await tape.serve(recorded, options, client);
		expect(served.value).toBe("first");
		expect(served.report.unconsumed).toEqual([]);
	});

	const refused: readonly (readonly [string, string, RegExp])[] = [
		[
			"a WebSocket",
			"GET /up/x HTTP/1.1\r\nhost: p\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
			/^HTTP\/1\.1 501[\s\S]*websocket is not recorded/,
		],
		["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1\.1 505[\s\S]*HTTP\/2 is not recorded/],
		["a path under no upstream", get("/elsewhere/x"), /^HTTP\/1\.1 404[\s\S]*no upstream is under \/elsewhere\/x/],
		["a host that is not allowed", get("http://169.254.169.254/latest"), /^HTTP\/1\.1 403[\s\S]*not among the hosts/],
		["a tunnel to such a host", "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n", /^HTTP\/1\.1 403/],
		[
			"a body beyond the limit",
			"POST /up/x HTTP/1.1\r\nhost: p\r\ncontent-length: 99999999999\r\n\r\n",
			/^HTTP\/1\.1 413[\s\S]*LIMIT_EXCEEDED/,
		],
		["a head beyond the limit", get("/up/x", `x: ${"y".repeat(70_000)}\r\n`), /^HTTP\/1\.1 431/],
		["what is no HTTP", "\0\0\0\r\n\r\n", /^HTTP\/1\.1 400/],
	];
	test.each(refused)("%s is refused by name, and reaches nobody", async (_name, request, answer) => {
		await using tape = await Tape.open();
		await using server = await rawServer((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\n"));
		const options = { upstreams: upstreamsAt(server.url) };
		const recorded = await tape.record(options, (url) => talk(url, request));
		expect(recorded.value).toMatch(answer);
		expect(recorded.trace.calls).toEqual([]);
		expect(server.connections).toEqual([]);
	});
});

test("a program that takes the first of two answers takes the same one again", async () => {
	await using tape = await Tape.open();
	await using server = await rawServer(async (socket, head) => {
		await sleep(head.includes("/slow") ? 150 : 20);
		socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
	});
	const options = { upstreams: upstreamsAt(server.url) };
	const race = async (url: string) => {
		const ask = async (path: string) => (await fetch(`${url}/up/${path}`)).text().then(() => path);
		const asked = [ask("slow"), sleep(10).then(() => ask("quick"))];
		const winner = await Promise.race(asked);
		await Promise.all(asked);
		return winner;
	};
	const recorded = await tape.record(options, race);
	expect(recorded.value).toBe("quick");
	for (let turn = 0; turn < 5; turn++) expect((await tape.serve(recorded, options, race)).value).toBe("quick");
});
