import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hostProcesses, type OpenSandboxHarness, openRoom, text } from "@retake/testkit";
import { expect, test } from "vitest";

/** Tests what is different where a daemon's mounts are not ours: the workspace is sent, and its changes come back. */
export function distantCases(openHarness: OpenSandboxHarness, { isSample = false } = {}): void {
	test("a workspace goes there, and what a command did to it comes back", async () => {
		await using room = await openRoom(openHarness);
		const lower = room.lower({
			"kept.txt": "kept\n",
			"gone.txt": "gone\n",
			"directory/old": "old\n",
			"changed.txt": "before\n",
		});
		const workspace = room.workspace(lower);
		const script = `cat kept.txt directory/old; rm gone.txt; rm -r directory; mkdir directory; echo new > directory/new
			ln directory/new directory/other; ln -s new directory/link; echo after > changed.txt; chmod 640 changed.txt
			truncate -s 64M sparse; mkfifo pipe; echo secret > closed; chmod 0 closed; touch -d @1000000000.5 old; id -u`;
		const first = await room.shell(script, { workspace });
		expect([text(first.stdout), text(first.stderr)]).toEqual(["kept\nold\n1000\n", ""]);
		const { upper } = workspace;
		// gVisor keeps named pipes to itself; no changeset takes one.
		const names = readdirSync(upper, { recursive: true, encoding: "utf8" }).sort();
		const found = names.filter((name) => name !== "pipe");
		const directory = ["directory", "directory/link", "directory/new", "directory/other"];
		expect(found).toEqual(["changed.txt", "closed", ...directory, "gone.txt", "old", "sparse"]);
		const at = (name: string) => lstatSync(join(upper, name));
		// A whiteout, as overlayfs makes them.
		expect([at("gone.txt").isCharacterDevice(), at("gone.txt").rdev]).toEqual([true, 0]);
		expect(readFileSync(join(upper, "changed.txt"), "utf8")).toBe("after\n");
		expect(at("changed.txt").mode & 0o777).toBe(0o640);
		expect(at("directory/new").ino).toBe(at("directory/other").ino);
		expect([at("sparse").size, at("sparse").blocks]).toEqual([64 * 1024 ** 2, 0]);
		expect(at("old").mtimeMs).toBe(1_000_000_000_500);
		const { owner } = room.harness.options;
		for (const name of found) expect(at(name).uid).toBe(owner?.uid ?? process.getuid?.());
		// The layer is what the next command sees, together with what it lies on.
		const second = await room.shell("echo *; echo directory/*; cat directory/other; cat gone.txt 2>&1", { workspace });
		expect(text(second.stdout)).toContain(" sparse\ndirectory/link directory/new directory/other\nnew\n");
		expect(second.exitCode).not.toBe(0);
	});

	test("an allow-list that cannot be kept is refused, or is kept", async () => {
		const network = { allow: ["api.internal:80=127.0.0.1"], secrets: [], authorities: [] };
		const opened = openRoom(openHarness, {}, network);
		const outcome = await opened.then(
			async (room) => {
				await using _ = room;
				const asking = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:3128") or die; print $s "GET http://other.internal/ HTTP/1.0\\r\\n\\r\\n"; print scalar <$s>`;
				return text((await room.run(["perl", "-e", asking])).stdout).trim();
			},
			(error: unknown) => error,
		);
		if (typeof outcome === "string") expect(outcome).toBe("HTTP/1.1 403 Forbidden");
		else expect(outcome).toMatchObject({ code: "SANDBOX_UNAVAILABLE", remedy: expect.stringContaining("bubblewrap") });
	});

	if (isSample) return;

	test("a plain directory goes there and comes back whole", async () => {
		await using room = await openRoom(openHarness);
		const { upper: directory } = room.workspace();
		await room.shell("echo one > file; mkdir sub; echo two > sub/file", {
			workspace: { kind: "directory", directory },
		});
		await room.shell("rm file; echo three >> sub/file", { workspace: { kind: "directory", directory } });
		expect(readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()).toEqual(["sub", "sub/file"]);
		expect(readFileSync(join(directory, "sub/file"), "utf8")).toBe("two\nthree\n");
	});

	test("a deadline ends everything, and what was written until then comes back", async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const workspace = room.workspace();
		const script = `trap "" TERM INT; echo there > file; setsid sh -c 'while :; do sleep 1; : ${nonce}; done' & while :; do sleep 1; done`;
		const result = await room.shell(script, { workspace, timeoutMs: 2000 });
		expect(result).toMatchObject({ timedOut: true });
		expect(hostProcesses(nonce).filter(({ contained }) => contained)).toEqual([]);
		expect(readFileSync(join(workspace.upper, "file"), "utf8")).toBe("there\n");
	});

	test("input is read to its end, and a terminal is one", async () => {
		await using room = await openRoom(openHarness);
		const bytes = new Uint8Array(300_000).fill(0x61);
		expect(text((await room.shell("wc -c", { stdin: bytes })).stdout)).toBe("300000\n");
		const terminal = await room.shell("[ -t 0 ] && stty size", { terminal: { columns: 91, rows: 31 } });
		expect(text(terminal.stdout)).toBe("31 91\r\n");
	});
}
