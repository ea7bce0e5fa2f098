import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("two drivers of one process have sandboxes open at once", async () => {
	await using first = await openRoom(() => openBubblewrapHarness());
	await using second = await openRoom(() => openBubblewrapHarness());
	const printed = await Promise.all([first, second].map((room, index) => room.run(["echo", String(index)])));
	expect(printed.map(({ stdout }) => text(stdout))).toEqual(["0\n", "1\n"]);
});

test("what is mounted may have any name, there and here", async () => {
	const source = join(mkdtempSync(join(tmpdir(), "mounts-")), "a #b\\040c\td");
	try {
		mkdirSync(source);
		chmodSync(join(source, ".."), 0o755);
		writeFileSync(join(source, "found"), "yes");
		const target = "/opt/with space\tand \\ and #";
		await using room = await openRoom(() => openBubblewrapHarness({ mounts: [{ source, target }] }));
		expect(text((await room.run(["cat", `${target}/found`])).stdout)).toBe("yes");
	} finally {
		rmSync(join(source, ".."), { recursive: true });
	}
});
