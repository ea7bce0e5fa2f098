import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/**
 * Takes words `tcp|udp/address/port`, connects or sends to each with half a second of patience, and prints what it reached
 * and how many it tried. A datagram counts where the kernel takes it for sending.
 */
const reach = String.raw`
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6);
my ($tried, @reached) = (0);
for my $word (@ARGV) {
	my ($protocol, $address, $port) = split m{/}, $word;
	my $is6 = $address =~ /:/;
	my $to = $is6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
	$tried++;
	socket my $socket, $is6 ? AF_INET6 : AF_INET, $protocol eq "tcp" ? SOCK_STREAM : SOCK_DGRAM, 0 or next;
	my $done = eval {
		local $SIG{ALRM} = sub { die "late\n" };
		require Time::HiRes; Time::HiRes::ualarm(500_000);
		my $result = $protocol eq "tcp" ? connect($socket, $to) : send($socket, "packet", 0, $to);
		Time::HiRes::ualarm(0);
		$result;
	};
	push @reached, $word if $done;
}
my ($name) = gethostbyname "example.com";
print "tried $tried\nname ", $name // "", "\nreached @reached\n";
open my $devices, "<", "/proc/net/dev";
my $packets = 0;
for (<$devices>) { next unless /^\s*(\w+):\s*(.*)/; next if $1 eq "lo"; my @fields = split " ", $2; $packets += $fields[1] + $fields[9] }
print "packets $packets\n";
`;

const resolvers = ["1.1.1.1", "8.8.8.8"];

hostileRow({
	id: "H17",
	attack: "metadata address, host and LAN addresses, IPv6 forms, DNS",
	sealed: async (arena) => {
		const { port, hostAddresses } = arena.tripwires;
		// Datagrams to a loopback of the sandbox's own are taken and go nowhere: those are asked over TCP alone.
		const loopbacks = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"].map(
			(each) => `tcp/${each}/${port}`,
		);
		const outside = [
			...hostAddresses.filter((each) => !each.startsWith("fe80")),
			"169.254.1.1",
			"10.0.0.1",
			"192.168.1.1",
		];
		const others = outside.flatMap((each) => [`tcp/${each}/${port}`, `udp/${each}/${port}`]);
		const metadata = ["tcp/169.254.169.254/80", "udp/169.254.169.254/80", "tcp/fd00:ec2::254/80"];
		const names = resolvers.flatMap((each) => [`udp/${each}/53`, `tcp/${each}/53`]);
		const words = [...loopbacks, ...others, ...metadata, ...names];
		const { stdout, stderr } = await arena.run(["perl", "-e", reach, ...words], 20_000);
		expect(stderr).toBe("");
		expect(proofs(stdout)).toEqual({ tried: String(words.length), name: "", reached: "", packets: "0" });
		return `0 of ${words.length} ways, 0 packets`;
	},
	control: async (ground) => {
		const { port } = ground.tripwires;
		const words = [
			`tcp/127.0.0.1/${port}`,
			`udp/127.0.0.1/${port}`,
			...ground.tripwires.hostAddresses.filter((each) => !each.includes(":")).map((each) => `tcp/${each}/${port}`),
		];
		const { stdout } = await ground.perl(
			reach.replace('my ($name) = gethostbyname "example.com";', "my $name;"),
			...words,
		);
		expect(proofs(stdout)["reached"]).toBe(words.join(" "));
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(ground.tripwires.knocks().toSorted()).toEqual([...words.slice(1).map(() => "tcp"), "udp"]);
		return `${words.length} of ${words.length} ways reach the tripwires`;
	},
});
