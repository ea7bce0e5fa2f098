import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { createSpecialRange, parseRange } from "../src/network/address-range.ts";
import { parseAllowRule } from "../src/network/allow-rule.ts";
import { parseAuthority } from "../src/network/authority.ts";
import { readClientHello } from "../src/network/client-hello.ts";
import { maskSecret } from "../src/network/mask-secret.ts";
import { createNetworkJournal } from "../src/network/network-journal.ts";
import { networkLimits } from "../src/network/network-limits.ts";
import { readNetworkRules } from "../src/network/network-rules.ts";

const spellings: readonly (readonly [string, string | null])[] = [
	["API.example.COM:443", "api.example.com:443"],
	["api.example.com.:443", "api.example.com:443"],
	["127.0.0.1:80", "127.0.0.1:80"],
	["[::1]:80", "[::1]:80"],
	["[0:0:0:0:0:ffff:127.0.0.1]:80", "[::ffff:7f00:1]:80"],
	...["a.b:0", "a.b:65536", "a.b:", "a.b", ":80", "a..b:80", "a@b:80", "a b:80", "a\0b:80", "é.fr:80", "127.1:80"].map(
		(text) => [text, null] as const,
	),
	...["0x7f.1:80", "2130706433:80", "1.2.3.4.5:80", "01.2.3.4:80", "[::1%lo]:80", "[1]:80", "-a.b:80", "a.b:80 "].map(
		(text) => [text, null] as const,
	),
];

test.each(spellings)("%j is read as %j", (text, expected) => {
	const found = parseAuthority(text);
	expect(found === null ? null : `${found.host}:${found.port}`).toBe(expected);
});

test("what is not the public internet's is special, in each of its forms", () => {
	const special = createSpecialRange();
	const found = (addresses: string): string[] => addresses.split(" ").filter((each) => special.contains(each));
	const inside =
		"127.0.0.1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fd00::1 ::ffff:8.8.8.8 64:ff9b::7f00:1 2002:7f00:1:: ff02::1";
	expect(found(inside)).toEqual(inside.split(" "));
	expect(found("8.8.8.8 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450::1")).toEqual([]);
	expect(parseRange("10.0.0.0/8")?.contains("::ffff:10.0.0.1")).toBe(false);
});

describe("an entry of the allow-list", () => {
	test.each(["localhost:80", "127.0.0.1:80", "[::1]:80", "*.example.com:443", "a.b", "a.b:80=x", "a.b:80=10.0.0.0/40"])(
		"%s is refused, with the remedy",
		(text) => {
			expect(() => parseAllowRule(text)).toThrow(
				expect.objectContaining({ code: "USAGE", remedy: expect.any(String) }),
			);
		},
	);
	test("may name an address or a network for the name", () => {
		expect(parseAllowRule("a.b:80=127.0.0.1").address).toBe("127.0.0.1");
		expect(parseAllowRule("a.b:80=10.0.0.0/8").within?.contains("10.9.9.9")).toBe(true);
		expect(parseAllowRule("169.254.169.254:80").address).toBe("169.254.169.254");
	});
	test("a secret goes nowhere that is not allowed, and into no header of the proxy's own", () => {
		const one = { name: "n", value: "v", to: "a.b:80", header: "x-key", format: "{}" };
		const read = (change: object) => () =>
			readNetworkRules({ allow: ["a.b:80"], secrets: [{ ...one, ...change }], authorities: [] });
		expect(read({})).not.toThrow();
		for (const change of [
			{ to: "a.b:81" },
			{ header: "Host" },
			{ header: "a b" },
			{ value: "a\r\nb" },
			{ format: "x" },
		]) {
			expect(read(change)).toThrow(expect.objectContaining({ code: "USAGE" }));
		}
	});
});

/** Takes the first bytes that Node's own client sends. */
function helloFor(servername: string): Promise<Buffer> {
	return new Promise((resolve) => {
		const wire = new Duplex({
			read: () => undefined,
			write: (chunk: Buffer, _encoding, done) => done(resolve(chunk) as undefined),
		});
		connect({ socket: wire, ...(servername === "" ? {} : { servername }) }).on("error", () => undefined);
	});
}

test("a client's first words are read whole or in pieces, in one record or in many", async () => {
	const hello = await helloFor("api.example.com");
	expect(readClientHello(hello)).toEqual({ kind: "tls", serverName: "api.example.com" });
	for (let size = 0; size < hello.length; size++) {
		expect(readClientHello(hello.subarray(0, size)).kind).toBe("unfinished");
	}
	const body = hello.subarray(5);
	const records = Array.from({ length: Math.ceil(body.length / 7) }, (_, index) => {
		const part = body.subarray(7 * index, 7 * index + 7);
		return Buffer.concat([Buffer.of(0x16, 3, 1, 0, part.length), part]);
	});
	expect(readClientHello(Buffer.concat(records))).toEqual({ kind: "tls", serverName: "api.example.com" });
	expect(readClientHello(await helloFor(""))).toEqual({ kind: "tls", serverName: null });
	expect(readClientHello(Buffer.from("SSH-2.0"))).toEqual({ kind: "not-tls" });
	// Whatever one byte is changed to, it is read without a throw.
	for (let at = 0; at < hello.length; at++) {
		const changed = Buffer.from(hello);
		changed[at] = 255 - (hello[at] ?? 0);
		expect(["unfinished", "not-tls", "tls", "odd"]).toContain(readClientHello(changed).kind);
	}
});

test("a secret is masked however its answer is cut into pieces", async () => {
	const secret = "abcabcd-secret";
	const said = `x${secret}abcabc${secret}${secret.slice(0, 5)}`;
	for (let size = 1; size < said.length; size++) {
		const mask = maskSecret(secret);
		const out: Buffer[] = [];
		mask.on("data", (chunk: Buffer) => out.push(chunk));
		for (let at = 0; at < said.length; at += size) mask.write(Buffer.from(said.slice(at, at + size)));
		mask.end();
		await new Promise((resolve) => mask.once("end", resolve));
		expect(Buffer.concat(out).toString()).toBe(said.replaceAll(secret, "*".repeat(secret.length)));
	}
});

test("a record is bounded, counts the rest, and does not depend on the order of arrival", () => {
	const hosts = Array.from({ length: networkLimits.recordedMax }, (_, index) => `host-${index}`);
	const report = (order: readonly string[]) => {
		const journal = createNetworkJournal();
		for (const host of order) journal.refuse({ host, port: 1, method: "GET" }, "not-listed");
		return journal.report();
	};
	expect(report(hosts)).toEqual(report(hosts.toReversed()));
	expect(report([...hosts, "one-more"])).toMatchObject({ dropped: 1 });
});
