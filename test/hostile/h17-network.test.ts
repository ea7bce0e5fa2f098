import { expect } from "vitest";
import type { Arena } from "./ground/arena.ts";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import type { OpenGround } from "./ground/open-ground.ts";
import { reachProgram } from "./ground/reach-program.ts";

const resolvers = ["1.1.1.1", "8.8.8.8"];

/** Tries every way there is but the proxy. */
async function knockEverywhere(arena: Arena): Promise<string> {
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
	const { stdout, stderr } = await arena.run(["perl", "-e", reachProgram, ...words], 20_000);
	expect(stderr).toBe("");
	expect(proofs(stdout)).toEqual({ tried: String(words.length), name: "", reached: "", packets: "0" });
	return `0 of ${words.length} ways, 0 packets`;
}

async function knockOutside(ground: OpenGround): Promise<string> {
	const { port } = ground.tripwires;
	const words = [
		`tcp/127.0.0.1/${port}`,
		`udp/127.0.0.1/${port}`,
		...ground.tripwires.hostAddresses.filter((each) => !each.includes(":")).map((each) => `tcp/${each}/${port}`),
	];
	const { stdout } = await ground.perl(
		reachProgram.replace('my ($name) = gethostbyname "example.com";', "my $name;"),
		...words,
	);
	expect(proofs(stdout)["reached"]).toBe(words.join(" "));
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(ground.tripwires.knocks().toSorted()).toEqual([...words.slice(1).map(() => "tcp"), "udp"]);
	return `${words.length} of ${words.length} ways reach the tripwires`;
}

hostileRow({
	id: "H17",
	attack: "metadata address, host and LAN addresses, IPv6 forms, DNS",
	sealed: knockEverywhere,
	control: knockOutside,
});

hostileRow({
	id: "H17b",
	attack: "the same, past an allow-list",
	allow: () => [],
	sealed: async (arena) => {
		const seen = await knockEverywhere(arena);
		expect(arena.allowedHost.asked).toEqual([]);
		return seen;
	},
	control: knockOutside,
});
