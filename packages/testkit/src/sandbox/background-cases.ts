import type { CommandControls } from "@retake/sandbox";
import { expect, test } from "vitest";
import { hostProcesses } from "./host-processes.ts";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

const server = (answer: string): string => `
	use IO::Socket::INET; $| = 1;
	my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die "no: $!";
	print "listening\\n";
	while (my $c = $s->accept) { print $c "${answer}"; close $c }`;
const client = 'use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:8080") or exit 7; print <$s>;';

/** Tests commands that go on while others run: what they share, how they are told to end. */
export function backgroundCases(openHarness: OpenSandboxHarness): void {
	test("commands on one loopback talk to each other, those on another or on none do not", async () => {
		await using room = await openRoom(openHarness);
		await using network = await room.sandbox.openLoopback();
		await using other = await room.sandbox.openLoopback();
		const stop = new AbortController();
		const listening = Promise.withResolvers<void>();
		const nonce = crypto.randomUUID();
		const serving = room.run(["perl", "-e", server("hello"), nonce], {
			network,
			signal: stop.signal,
			onOutput: () => listening.resolve(),
		});
		await listening.promise;
		for (let index = 0; index < 3; index++) {
			expect(text((await room.run(["perl", "-e", client], { network })).stdout)).toBe("hello");
		}
		expect((await room.run(["perl", "-e", client], { network: other })).exitCode).toBe(7);
		expect((await room.run(["perl", "-e", client])).exitCode).toBe(7);
		const interfaces = await room.shell(
			"tail -n +3 /proc/net/dev | cut -d: -f1 | grep -vE 'tunl|sit|gre|erspan|ip6|ip_vti'",
			{ network },
		);
		expect(text(interfaces.stdout).trim()).toBe("lo");
		stop.abort();
		expect(await serving).toMatchObject({ cancelled: true });
		expect(hostProcesses(nonce)).toEqual([]);
		expect((await room.run(["perl", "-e", client], { network })).exitCode).toBe(7);
	});

	test("nobody inside can change the loopback that they share", async () => {
		await using room = await openRoom(openHarness);
		await using network = await room.sandbox.openLoopback();
		const down =
			'socket(my $s, 2, 2, 0); my $r = pack("a16 s x22", "lo", 0); ioctl($s, 0x8914, $r) ? print "down" : print "refused";';
		expect(text((await room.run(["perl", "-e", down], { network })).stdout)).toBe("refused");
	});

	test("a command can be asked to end, and answer", async () => {
		await using room = await openRoom(openHarness);
		let controls: CommandControls | null = null;
		const result = await room.shell('trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.05; done', {
			onStart: (given) => {
				controls = given;
			},
			onOutput: (_, chunk) => {
				if (text(chunk) === "ready\n") controls?.signal("SIGTERM");
			},
		});
		expect(text(result.stdout)).toBe("ready\nbye\n");
		expect(result).toMatchObject({ exitCode: 3, cancelled: false });
	});

	test("a closed sandbox ends them all, and their loopback", async () => {
		await using room = await openRoom(openHarness);
		const network = await room.sandbox.openLoopback();
		const listening = Promise.withResolvers<void>();
		const serving = room.run(["perl", "-e", server("hello")], { network, onOutput: () => listening.resolve() });
		await listening.promise;
		await room.sandbox[Symbol.asyncDispose]();
		expect(await serving).toMatchObject({ cancelled: true });
		await expect(room.sandbox.openLoopback()).rejects.toMatchObject({ code: "SESSION_CLOSED" });
	});

	test("a loopback that is closed, or another sandbox's, is misuse", async () => {
		await using room = await openRoom(openHarness);
		await using other = await openRoom(openHarness);
		const network = await room.sandbox.openLoopback();
		await expect(other.run(["true"], { network })).rejects.toMatchObject({ code: "USAGE" });
		await network[Symbol.asyncDispose]();
		await expect(room.run(["true"], { network })).rejects.toMatchObject({ code: "USAGE" });
	});
}
