import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const leave = String.raw`
use Socket;
system "mkfifo", "pipe";
socket my $socket, AF_UNIX, SOCK_STREAM, 0; bind $socket, pack_sockaddr_un("socket");
print -p "pipe" && -S "socket" ? "left\n" : "none\n";
`;

hostileRow({
	id: "H28",
	attack: "fifo and socket left in the tree",
	sealed: async (arena) => {
		const startedAt = performance.now();
		await expect(arena.perl(leave)).rejects.toMatchObject({
			code: "TREE_REFUSED",
			data: { paths: expect.arrayContaining(["pipe", "socket"]) },
		});
		expect(performance.now() - startedAt).toBeLessThan(4000);
		expect(arena.session.changes().changes).toEqual([]);
		// The session goes on from where it was.
		expect((await arena.shell("ls")).stdout).toBe("README.md\n");
		return "refused by name, never opened";
	},
	control: async (ground) => {
		const { stdout } = await ground.shell('perl -e "$1"; timeout 1 cat pipe; echo "ended $?"', leave);
		expect(stdout).toBe("left\nended 124\n");
		return "whoever opens the fifo waits for ever";
	},
});
