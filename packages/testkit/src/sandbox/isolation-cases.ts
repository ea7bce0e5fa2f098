import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { untilProcesses } from "./host-processes.ts";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Tests what a candidate cannot see or do. */
export function isolationCases(openHarness: OpenSandboxHarness): void {
	test("the root is read-only, and the private places are not", async () => {
		await using room = await openRoom(openHarness);
		const tries = ["/new", "/usr/new", "/etc/new", "/etc/passwd"].map(
			(path) => `(: >> ${path}) 2>/dev/null && echo wrote ${path}`,
		);
		const result = await room.shell(
			`${tries.join("; ")}; echo x > /tmp/a && echo x > "$HOME/a" && echo x > /dev/shm/a && cat /tmp/a "$HOME/a" /dev/shm/a`,
		);
		expect(text(result.stdout)).toBe("x\nx\nx\n");
	});

	test("private places are fresh for every command", async () => {
		await using room = await openRoom(openHarness);
		await room.shell('touch /tmp/left "$HOME/left" /dev/shm/left');
		expect(text((await room.shell('ls -A /tmp "$HOME" /dev/shm')).stdout)).not.toContain("left");
	});

	test("nothing of the host's files is there", async () => {
		const secret = mkdtempSync(join(tmpdir(), "canary-"));
		try {
			writeFileSync(join(secret, "canary"), "secret", { mode: 0o644 });
			await using room = await openRoom(openHarness);
			const result = await room.shell(
				`cat ${secret}/canary; ls ${room.harness.options.treesDirectory} /root /etc/shadow /proc/1/root/etc/shadow`,
			);
			expect(text(result.stdout)).toBe("");
			expect(text((await room.shell("ls -A /home; ls /var/run/docker.sock /run/docker.sock 2>/dev/null")).stdout)).toBe(
				"retake\n",
			);
		} finally {
			rmSync(secret, { recursive: true });
		}
	});

	test("there is no network, not even the host's own", async () => {
		const server = createServer();
		let connections = 0;
		server.on("connection", (socket) => {
			connections++;
			socket.destroy();
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		try {
			await using room = await openRoom(openHarness);
			const address = server.address();
			const port = typeof address === "object" && address !== null ? address.port : 0;
			const script = `if command -v perl >/dev/null; then perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new("127.0.0.1:${port}") ? 0 : 7)'; else exit 7; fi`;
			expect((await room.shell(script)).exitCode).toBe(7);
			expect(
				text(
					(await room.shell("tail -n +3 /proc/net/dev | grep -v ' lo:' | grep -vE '(tunl|sit|gre|erspan|ip6|ip_vti)'"))
						.stdout,
				),
			).toBe("");
			expect(connections).toBe(0);
		} finally {
			server.close();
		}
	});

	test("the user is 1000 inside and an unprivileged one of the kernel's", async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const running = room.shell(`id -u; sleep 1; : ${nonce}`);
		const found = await untilProcesses(nonce, (processes) => processes.length > 0);
		expect(found.length).toBeGreaterThan(0);
		for (const each of found) expect(each.uid).not.toBe(0);
		const owner = room.harness.options.owner;
		if (owner !== null) for (const each of found) expect(each.uid).toBe(owner.uid);
		expect(text((await running).stdout)).toBe("1000\n");
	});

	test("there are no capabilities, no new privileges, and a filter on system calls", async () => {
		await using room = await openRoom(openHarness);
		const status = text((await room.run(["cat", "/proc/self/status"])).stdout);
		for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) expect(status).toContain(`${set}:\t0000000000000000`);
		expect(status).toMatch(/^NoNewPrivs:\t1$/m);
		expect(status).toMatch(/^Seccomp:\t2$/m);
	});

	test("only the three standard descriptors are open", async () => {
		await using room = await openRoom(openHarness);
		// The shell that lists has no other; the directory itself is what `ls` opened.
		expect(
			text(
				(
					await room.shell(
						"for each in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ -e /proc/$$/fd/$each ] && readlink /proc/$$/fd/$each; done; true",
					)
				).stdout,
			),
		).toBe("");
	});

	test("the first process inside does not tell where the store is", async () => {
		await using room = await openRoom(openHarness);
		const told = text((await room.shell("cat /proc/1/environ /proc/1/cmdline; pwd")).stdout);
		expect(told).toContain("/workspace");
		expect(told).not.toContain(room.harness.options.treesDirectory);
	});

	test("no process of the host is to be seen", async () => {
		await using room = await openRoom(openHarness);
		const count = Number(text((await room.shell("ls -d /proc/[0-9]* | wc -l")).stdout));
		expect(count).toBeGreaterThan(0);
		expect(count).toBeLessThan(8);
	});

	test("namespaces, mounts and devices cannot be made", async () => {
		await using room = await openRoom(openHarness);
		const tries = [
			"unshare -U true",
			"unshare -m true",
			"mount -t tmpfs none /tmp",
			"mknod block b 7 0",
			"mknod null c 1 3",
			"mknod whiteout c 0 0",
			"chroot / true",
		];
		const script = tries.map((each) => `${each} 2>/dev/null && echo "did ${each}"`).join("; ");
		expect(text((await room.shell(`${script}; mkfifo pipe && echo fifo`)).stdout)).toBe("fifo\n");
	});
}
