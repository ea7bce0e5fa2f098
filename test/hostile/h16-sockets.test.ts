import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/**
 * Connects to unix sockets by path and by abstract name (a leading `@`), then asks for sockets of other families.
 * Prints how many were tried and what opened.
 */
const knock = String.raw`
use Socket;
my ($tried, @open) = (0);
for my $name (@ARGV) {
	$tried++;
	socket my $socket, AF_UNIX, SOCK_STREAM, 0 or next;
	(my $address = $name) =~ s/^\@/\0/;
	push @open, $name if connect $socket, pack("S a*", AF_UNIX, $address . ($name =~ /^\@/ ? "" : "\0"));
}
my %families = (vsock => [40, SOCK_STREAM, 0], alg => [38, SOCK_SEQPACKET, 0], packet => [17, SOCK_RAW, 0], raw => [2, SOCK_RAW, 1]);
for my $family (sort keys %families) { $tried++; push @open, $family if socket my $socket, $families{$family}[0], $families{$family}[1], $families{$family}[2] }
# Of netlink, the only question is what it reaches: it must see no interface but a loopback of the sandbox's own.
if (socket my $netlink, 16, SOCK_RAW, 0) {
	opendir my $interfaces, "/proc/self/net/dev_snmp6" or 0;
	open my $devices, "<", "/proc/net/dev"; my @names = map { /^\s*(\w+):/ ? $1 : () } <$devices>;
	print "interfaces @names\n";
}
print "tried $tried\nopen @open\n";
`;

const wellKnown = [
	"/var/run/docker.sock",
	"/run/docker.sock",
	"/run/containerd/containerd.sock",
	"/run/dbus/system_bus_socket",
];

hostileRow({
	id: "H16",
	attack: "docker and containerd sockets, host unix sockets, vsock, netlink",
	sealed: async (arena) => {
		const { socketPath, abstractName } = arena.tripwires;
		const sockets = [
			...wellKnown,
			socketPath,
			`@${abstractName}`,
			...(arena.dockerSocket === null ? [] : [arena.dockerSocket]),
		];
		const { stdout, stderr } = await arena.perl(knock, ...sockets);
		const found = proofs(stdout);
		expect(stderr).toBe("");
		expect(found).toMatchObject({ tried: String(sockets.length + 4), open: "" });
		for (const name of found["interfaces"]?.split(" ") ?? []) {
			expect(name).toMatch(/^(lo|tunl\d|sit\d|gre\w*\d|erspan\d|ip6\w*\d|ip_vti\d)$/);
		}
		return `0 of ${sockets.length} sockets, no vsock, no raw sockets`;
	},
	control: async (ground) => {
		const { socketPath, abstractName } = ground.tripwires;
		const found = proofs((await ground.perl(knock, socketPath, `@${abstractName}`)).stdout);
		expect(found["open"]).toContain(`${socketPath} @${abstractName}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(ground.tripwires.knocks().toSorted()).toEqual(["abstract", "path"]);
		return "both tripwires reached";
	},
});
