import { once } from "node:events";
import { createServer } from "node:net";
import { openRoom, text } from "@retake/testkit";
import { expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

test("addresses are not randomised: two runs of a program see the same memory map", async () => {
	await using room = await openRoom(() => openBubblewrapHarness());
	const maps = async () => text((await room.run(["cat", "/proc/self/maps"])).stdout);
	const first = await maps();
	expect(first).toContain("[stack]");
	expect(await maps()).toBe(first);
});

test("a set-up step that asks for the network has the host's, and no more", async () => {
	const server = createServer((socket) => socket.end("hello"));
	await once(server.listen(0, "127.0.0.1"), "listening");
	try {
		await using room = await openRoom(() => openBubblewrapHarness());
		const address = server.address();
		const port = typeof address === "object" && address !== null ? address.port : 0;
		const script = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:${port}") or exit 7; print <$s>;`;
		expect(text((await room.run(["perl", "-e", script], { network: "host" })).stdout)).toBe("hello");
		expect((await room.run(["perl", "-e", script])).exitCode).toBe(7);
		expect(text((await room.shell("cat /etc/shadow /etc/fstab; ls /root", { network: "host" })).stdout)).toBe("");
	} finally {
		server.close();
	}
});
