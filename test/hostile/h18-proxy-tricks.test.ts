import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { connect } from "node:net";
import { hostname } from "node:os";
import { expect } from "vitest";
import type { AllowedHost } from "./ground/allowed-host.ts";
import { clientHelloFor } from "./ground/client-hello-for.ts";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Takes a port and words in hexadecimal, sends each to the proxy there and prints the status it was answered with; 0 for none. */
const trick = String.raw`
use IO::Socket::INET;
$SIG{PIPE} = "IGNORE";
my $port = shift;
my @statuses;
for my $word (@ARGV) {
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "no proxy\n";
	# A part after "/" is sent when the first was answered.
	my ($first, $second) = map { pack "H*", $_ } split m{/}, $word;
	my $status = 0;
	eval {
		local $SIG{ALRM} = sub { die "late\n" };
		alarm 2;
		print $socket $first; $socket->flush;
		my $line = <$socket> // "";
		$status = $1 if $line =~ m{^HTTP/1\.1 (\d+)};
		if (defined $second && $status == 200) {
			while (<$socket>) { last if /^\r\n$/ }
			print $socket $second; $socket->flush;
			$status = defined(scalar <$socket>) ? 299 : 0;
		}
		alarm 0;
	};
	push @statuses, $status;
}
print "tried ", scalar @ARGV, "\nstatuses @statuses\n";
`;

/** Holds connections open with half a request each, and prints how many of them are still there. */
const loris = String.raw`
use IO::Socket::INET;
my @open = map { my $s = IO::Socket::INET->new("127.0.0.1:3128"); print $s "GET http://allowed.test/ HTTP/1.1\r\nX-"; $s->flush; $s } 1 .. 90;
sleep 1;
my $alive = grep { $_->blocking(0); my $got = sysread $_, my $byte, 1; !defined $got && $!{EAGAIN} } @open;
print "opened ", scalar @open, "\nalive $alive\n";
`;

const headers = (host: string, ...more: readonly string[]): string =>
	["", `Host: ${host}`, ...more, "Connection: close", "", ""].join("\r\n");
const get = (target: string, host = "allowed.test", ...more: readonly string[]): string =>
	`GET ${target} HTTP/1.1${headers(host, ...more)}`;
const tunnelTo = (target: string, host = target): string => `CONNECT ${target} HTTP/1.1${headers(host)}`;

/** Requests that mean another place than the one that is listed, or that two programs could read differently. */
function tricks({ name, port }: Pick<AllowedHost, "name" | "port">, trap: number, own: string): readonly string[] {
	const listed = `${name}:${port}`;
	const addresses = [
		...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.0.0.1.", "0"],
		...["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[fe80::1%25lo]", "localhost"],
	];
	const post = `POST http://${listed}/ HTTP/1.1\r\nHost: ${listed}\r\n`;
	const smuggled = `GET http://127.0.0.1:${trap}/ HTTP/1.1\r\nHost: 127.0.0.1:${trap}\r\n\r\n`;
	return [
		...addresses.flatMap((each) => [tunnelTo(`${each}:${trap}`), get(`http://${each}:${trap}/`, `${each}:${trap}`)]),
		...["169.254.169.254:80", "metadata.internal:80", "10.0.0.1:443"].map((each) => tunnelTo(each)),
		// Names around the listed one, its other ports, and a listed name that leads to this host.
		...[`${name}.evil.test`, `evil-${name}`, `evil.${name}`, `${name}\0.evil.test`, `${name}%00`, `${name}..`].map(
			(each) => tunnelTo(`${each}:${port}`),
		),
		...[`${name}:${trap}`, name, `${name}:`, `${name}:0`, `${name}:${port + 65_536}`, `${own}:${trap}`].map((each) =>
			tunnelTo(each),
		),
		// Targets that are read differently by different programs.
		...[`${name}@127.0.0.1:${trap}`, `${listed}@127.0.0.1:${trap}`, `127.0.0.1:${trap}#@${listed}`].flatMap((each) => [
			tunnelTo(each, listed),
			get(`http://${each}/`, listed),
		]),
		...[`http://${listed}\\@127.0.0.1:${trap}/`, `//127.0.0.1:${trap}/`, `http:///127.0.0.1:${trap}/`, "/", "*"].map(
			(each) => get(each, listed),
		),
		...[`ftp://${listed}/`, `https://${listed}/`, `http://${name}\t:${port}/`].map((each) => get(each, listed)),
		// Another host within than without.
		get(`http://${listed}/`, `127.0.0.1:${trap}`),
		get(`http://${listed}/`, listed, `Host: 127.0.0.1:${trap}`),
		tunnelTo(listed, `127.0.0.1:${trap}`),
		// One request for the proxy, two for whoever comes after it.
		`${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
		`${post}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
		`${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
		`${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
		`${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
		`${post}Content-Length: +4\r\n\r\nabcd`,
		`${post}X: a\n\rContent-Length: 4\r\n\r\nabcd`,
		`TRACE http://${listed}/ HTTP/1.1${headers(listed)}`,
		// Floods.
		get(`http://${listed}/`, listed, ...Array.from({ length: 200 }, (_, index) => `X-${index}: 1`)),
		get(`http://${listed}/${"a".repeat(32 * 1024)}`, listed),
	];
}

const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");

hostileRow({
	id: "H18",
	attack: "proxy tricks: suffixes, NUL, addresses, ports, user names, Host and SNI, smuggling, floods",
	timeoutMs: 60_000,
	allow: ({ port }) => [`${hostname()}:${port}`],
	sealed: async (arena) => {
		const { allowedHost, tripwires } = arena;
		const listed = `${allowedHost.name}:${allowedHost.port}`;
		const words = tricks(allowedHost, tripwires.port, hostname());
		const { stdout, network } = await arena.run(["perl", "-e", trick, "3128", ...words.map(hex)], 40_000);
		const found = proofs(stdout);
		expect(found["tried"]).toBe(String(words.length));
		const statuses = found["statuses"]?.split(" ") ?? [];
		const passed = words.filter((_, index) => !/^(4\d\d|502)$/.test(statuses[index] ?? ""));
		expect(passed).toEqual([]);
		expect(allowedHost.asked).toEqual([]);
		expect(network?.connections.filter(({ verdict }) => verdict === "passed")).toEqual([]);
		expect(network?.connections.length).toBeGreaterThanOrEqual(words.length);

		// A tunnel to the listed host, within which another is asked for; a redirect that is followed; what is listed, in other spelling.
		const fronted = `${hex(tunnelTo(listed))}/${(await clientHelloFor("evil.test")).toString("hex")}`;
		const followed = [get(`http://${listed}/away`, listed), get(`http://127.0.0.1:${tripwires.port}/`, "127.0.0.1")];
		const plain = [get(`http://ALLOWED.test.:${allowedHost.port}/`, `Allowed.Test:${allowedHost.port}`)];
		const more = await arena.perl(trick, "3128", fronted, ...[...followed, ...plain].map(hex));
		expect(proofs(more.stdout)["statuses"]).toMatch(/^0 302 4\d\d 200$/);
		expect(allowedHost.asked).toEqual([`GET /away ${listed}`, `GET / ${listed}`]);
		expect(more.network?.connections).toContainEqual(
			expect.objectContaining({ method: "CONNECT", verdict: "refused", reason: "server-name" }),
		);

		const held = proofs((await arena.perl(loris)).stdout);
		expect(held["opened"]).toBe("90");
		expect(Number(held["alive"])).toBeLessThanOrEqual(64);
		return `0 of ${words.length + 2} tricks pass, on record; 64 of 90 held connections stay`;
	},
	control: async (ground) => {
		const { port } = ground.tripwires;
		await using proxy = await startTrustingProxy("allowed.test");
		const words = [
			get(`http://allowed.test@127.0.0.1:${port}/`),
			tunnelTo(`127.0.0.1:${port}`, "allowed.test"),
			get(`http://127.0.0.1:${port}/`),
		];
		const { stdout } = await ground.perl(trick, String(proxy.port), ...words.map(hex));
		expect(proofs(stdout)["tried"]).toBe(String(words.length));
		expect(ground.tripwires.knocks()).toEqual(words.map(() => "tcp"));
		return `${words.length} of ${words.length} tricks reach the tripwire through a proxy that trusts the Host header`;
	},
});

/** A proxy as it is written first: it looks whether the request names the listed host, and goes where the URL leads. */
async function startTrustingProxy(name: string): Promise<AsyncDisposable & { readonly port: number }> {
	const server = createServer((request, response) => {
		if (!`${request.url} ${request.headers.host}`.includes(name)) return response.writeHead(403).end();
		const onward = send(request.url ?? "", (answer) => answer.pipe(response));
		onward.on("error", () => response.writeHead(502).end()).end();
		return response;
	});
	server.on("connect", (request, client) => {
		if (!request.headers.host?.includes(name)) return client.destroy();
		const target = new URL(`http://${request.url}`);
		const upstream = connect(Number(target.port), target.hostname, () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
		upstream.on("error", () => client.destroy()).pipe(client);
		return client.on("error", () => upstream.destroy()).pipe(upstream);
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const address = server.address();
	return {
		port: address !== null && typeof address === "object" ? address.port : 0,
		[Symbol.asyncDispose]: async () => {
			server.close();
			server.closeAllConnections();
		},
	};
}
