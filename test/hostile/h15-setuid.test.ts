import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const plant = "cp /usr/bin/id ./id && chmod 6755 ./id && stat -c 'planted %a' ./id && ./id -u && sudo -n id -u; true";

hostileRow({
	id: "H15",
	attack: "setuid program left in the tree, sudo",
	sealed: async (arena) => {
		const { stdout, refused } = await arena.shell(`${plant}; su -c id </dev/null; grep NoNewPrivs /proc/self/status`);
		expect(stdout).toContain("planted 6755\n");
		expect(stdout).not.toMatch(/^(uid=)?0\b/m);
		expect(stdout).toContain("NoNewPrivs:\t1");
		expect(refused).toEqual([{ path: "id", reason: "set-id-bit" }]);
		await arena.commit({ kind: "worktree" });
		const left = join(arena.workspace, "id");
		expect(lstatSync(left).mode & 0o7777).toBe(0o755);
		expect(readFileSync(left).length).toBeGreaterThan(1000);
		return "inert inside; bits stripped and reported";
	},
	control: async (ground) => {
		await ground.shell("cp /usr/bin/id ./id && chmod 6755 ./id && cp -p ./id ./committed");
		expect(lstatSync(join(ground.directory, "committed")).mode & 0o7777).toBe(0o6755);
		return "a naive copy keeps the bits";
	},
});
