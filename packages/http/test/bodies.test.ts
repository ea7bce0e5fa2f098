import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { requestBodyBytesMax } from "../src/http-limits.ts";
import { get, rawServer, talk } from "./raw-connection.ts";
import { Tape } from "./tape.ts";

const upstreamsAt = (base: string) => [{ name: "up", base, credential: null }];
const answering = () => rawServer((socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));

describe("a multipart body", () => {
	/** Uploads a file with a boundary that is drawn anew each time, as clients do. */
	const upload = (content: string) => async (url: string) => {
		const form = new FormData();
		form.set("purpose", "batch");
		form.set(
			"file",
			new Blob([content, new Uint8Array([0, 255, 13, 10, 45, 45])], { type: "application/octet-stream" }),
			"a.bin",
		);
		return (await fetch(`${url}/up/files`, { method: "POST", body: form })).text();
	};

	test("is the same request under another boundary, and reaches the server as it was sent", async () => {
		await using tape = await Tape.open();
		await using server = await answering();
		const options = { upstreams: upstreamsAt(server.url) };
		const recorded = await tape.record(options, upload("the same"));
		expect(server.received()).toContain('name="file"; filename="a.bin"');
		expect(server.received()).toContain("the same\x00\xff\r\n--");
		expect(recorded.trace.calls[0]?.input).toMatchObject({
			body: { multipart: [{ body: { text: "batch" } }, { headers: { "content-type": "application/octet-stream" } }] },
		});
		const served = await tape.serve(recorded, options, upload("the same"));
		expect(served.value).toBe("ok");
		expect(served.report).toMatchObject({ served: 1, missed: [] });
	});

	test("with another content is not on record, and the place of the difference is told", async () => {
		await using tape = await Tape.open();
		await using server = await answering();
		const options = { upstreams: upstreamsAt(server.url) };
		const recorded = await tape.record(options, upload("the same"));
		const { value, report } = await tape.serve(recorded, options, upload("another"));
		expect(value).toContain("not on record");
		expect(report.missed[0]?.nearest?.difference.map(({ pointer }) => pointer)).toEqual(["/body/multipart/1/body"]);
		expect(server.connections).toHaveLength(1);
	});
});

describe("a body past its limit", () => {
	const head = (...headers: readonly string[]) =>
		`POST /up/x HTTP/1.1\r\nhost: p\r\nconnection: close\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n`;

	test("of a request that does not say its length ends in a 413, and reaches nobody", async () => {
		await using tape = await Tape.open();
		await using server = await answering();
		const mebibyte = `100000\r\n${"x".repeat(1024 ** 2)}\r\n`;
		const count = requestBodyBytesMax / 1024 ** 2 + 1;
		const recorded = await tape.record({ upstreams: upstreamsAt(server.url) }, (url) =>
			talk(url, head("transfer-encoding: chunked") + mebibyte.repeat(count)),
		);
		expect(recorded.value).toMatch(/^HTTP\/1\.1 413[\s\S]*LIMIT_EXCEEDED/);
		expect(server.connections).toEqual([]);
	});

	test("of a request that unpacks to more than it may ends so too", async () => {
		await using tape = await Tape.open();
		await using server = await answering();
		const bomb = gzipSync(new Uint8Array(requestBodyBytesMax + 1));
		expect(bomb.byteLength).toBeLessThan(100_000);
		const request = head("content-encoding: gzip", `content-length: ${bomb.byteLength}`) + bomb.toString("latin1");
		const recorded = await tape.record({ upstreams: upstreamsAt(server.url) }, (url) => talk(url, request));
		expect(recorded.value).toMatch(/^HTTP\/1\.1 413[\s\S]*LIMIT_EXCEEDED/);
		expect(server.connections).toEqual([]);
	});

	test("of a response breaks the connection off at the same byte, live and from the record", async () => {
		await using tape = await Tape.open();
		await using server = await rawServer((socket) => {
			socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
			for (let piece = 0; piece < 4; piece++) socket.write(`400\r\n${String(piece).repeat(1024)}\r\n`);
			socket.end("0\r\n\r\n");
		});
		const options = { upstreams: upstreamsAt(server.url), responseBodyBytesMax: 3 * 1024 };
		const client = (url: string) => talk(url, get("/up/x"));
		const recorded = await tape.record(options, client);
		expect(recorded.value).toContain("2".repeat(1024));
		expect(recorded.value).not.toContain("3".repeat(1024));
		expect(recorded.value).not.toMatch(/\r\n0\r\n\r\n$/);
		expect(recorded.trace.calls[0]?.outcome).toMatchObject({ kind: "error", error: { code: "LIMIT_EXCEEDED" } });
		expect((await tape.serve(recorded, options, client)).value).toBe(recorded.value);
		// Control: with room for one piece more it comes whole.
		const whole = await tape.record({ ...options, responseBodyBytesMax: 4 * 1024 }, client);
		expect(whole.value).toMatch(/\r\n0\r\n\r\n$/);
	});
});
