import { describe, expect, test } from "vitest";
import { get, rawServer, talk } from "./raw-connection.ts";
import { Tape } from "./tape.ts";

const secret = 'sk-"the/true+key&of=the user';

/** How the secret is spelled in the places where it stands. */
const spellings = {
	plain: secret,
	"in a URL": encodeURIComponent(secret),
	"in a form": new URLSearchParams({ s: secret }).toString().slice(2),
	"in JSON": JSON.stringify(secret).slice(1, -1),
	"in base64": Buffer.from(secret).toString("base64"),
};

/** Sends the secret in every part of a request. */
async function askWithSecret(url: string): Promise<string> {
	const encoded = encodeURIComponent(secret);
	const ask = async (path: string, init: RequestInit = {}): Promise<string> =>
		(await fetch(`${url}/up/${path}`, { method: "POST", ...init })).text();
	const form = new FormData();
	form.set("key", secret);
	form.set("file", new Blob([`before ${secret} after`]), "notes.txt");
	const answers = [
		await ask(`in-path/${encoded}`),
		await ask(`in-query?key=${encoded}&other=1`),
		await ask("in-header", { headers: { "x-own": secret, cookie: `session=${encoded}` } }),
		await ask("in-basic", { headers: { authorization: `Basic ${Buffer.from(`user:${secret}`).toString("base64")}` } }),
		await ask("in-json", {
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ deep: [{ key: secret }] }),
		}),
		await ask("in-form", { body: new URLSearchParams({ key: secret }) }),
		await ask("in-multipart", { body: form }),
		await ask("in-text", { headers: { "content-type": "text/plain" }, body: `first\n${secret}\nlast` }),
	];
	return answers.join("\n");
}

/** A server that says the secret itself: in a header, and in a body that is parted between any two of its bytes. */
function tellingServer() {
	const body = `data: ${secret} and ${encodeURIComponent(secret)}\n\n`;
	const chunks = Array.from(Buffer.from(body), (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
	return rawServer((socket) => {
		socket.write(
			`HTTP/1.1 200 OK\r\nx-echo: ${secret}\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`,
		);
		for (const chunk of chunks) socket.write(chunk, "latin1");
		socket.end("0\r\n\r\n");
	});
}

describe("a secret in URLs, headers, bodies and parted between chunks", () => {
	test("is nowhere on the disk; the program sees its own answer again, and a changed secret is another request", async () => {
		const secrets = [{ name: "KEY", value: secret }];
		await using tape = await Tape.open(secrets);
		await using server = await tellingServer();
		const options = { upstreams: [{ name: "up", base: server.url, credential: null }] };
		const recorded = await tape.record(options, askWithSecret);
		// It was sent and it was said: redaction is for the record alone.
		expect(server.received()).toContain(encodeURIComponent(secret));
		expect(server.received()).toContain(JSON.stringify({ deep: [{ key: secret }] }));
		expect(recorded.trace.calls).toHaveLength(8);
		const disk = tape.everythingOnDisk(recorded);
		for (const [where, spelling] of Object.entries(spellings)) expect(disk.includes(spelling), where).toBe(false);
		expect(disk).toContain("{{KEY:");
		const connections = server.connections.length;
		const served = await tape.serve(recorded, options, askWithSecret);
		expect(served.report).toMatchObject({ served: 8, missed: [], unconsumed: [] });
		expect(served.value).toBe(recorded.value);
		expect(server.connections).toHaveLength(connections);
	});

	test("control: without redaction every spelling is on the disk", async () => {
		await using tape = await Tape.open();
		await using server = await tellingServer();
		const options = { upstreams: [{ name: "up", base: server.url, credential: null }] };
		const disk = tape.everythingOnDisk(await tape.record(options, askWithSecret));
		for (const where of ["plain", "in a URL"] as const) expect(disk.includes(spellings[where]), where).toBe(true);
		expect(disk).not.toContain("{{KEY:");
	});
});

test("a response that says a secret in one piece or in a hundred is recorded the same but for its chunks", async () => {
	const secrets = [{ name: "KEY", value: secret }];
	const bodies: string[] = [];
	for (const pieces of [1, 100]) {
		await using tape = await Tape.open(secrets);
		const body = Buffer.from(`begin ${secret.repeat(3)} end`);
		const size = Math.ceil(body.byteLength / pieces);
		await using server = await rawServer(async (socket) => {
			socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
			for (let at = 0; at < body.byteLength; at += size) {
				const piece = body.subarray(at, at + size).toString("latin1");
				socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`, "latin1");
				await new Promise((resolve) => setImmediate(resolve));
			}
			socket.end("0\r\n\r\n");
		});
		const options = { upstreams: [{ name: "up", base: server.url, credential: null }] };
		const { trace } = await tape.record(options, (url) => talk(url, get("/up/x")));
		const chunks = trace.calls[0]?.chunks.filter(({ stream }) => stream === "body") ?? [];
		bodies.push(Buffer.concat(chunks.map(({ bytes }) => bytes)).toString());
	}
	const [whole = "", parted = ""] = bodies.map((body) => body.replaceAll(/:[0-9a-f]{8}\}\}/g, "}}"));
	expect(whole).toBe("begin {{KEY}}{{KEY}}{{KEY}} end");
	expect(parted).toBe(whole);
});
