import { linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

hostileRow({
	id: "H22",
	attack: "hard link to a protected file",
	files: { "original.txt": "original\n" },
	prepare: (workspace, tripwires) => linkSync(tripwires.canary, join(workspace, "linked.txt")),
	sealed: async (arena) => {
		// What is linked to a file outside is, in here, a copy: writing to it in place changes nothing out there.
		const script = `
			echo owned > linked.txt && echo overwrote
			ln original.txt twin.txt && echo owned >> twin.txt && stat -c 'links %h' twin.txt
			ln /etc/passwd stolen || ln /usr/bin/env stolen || echo refused`;
		const { stdout } = await arena.shell(script);
		expect(stdout).toBe("overwrote\nlinks 2\nrefused\n");
		await arena.commit({ kind: "worktree" });
		const at = (name: string): string => join(arena.workspace, name);
		expect(readFileSync(at("linked.txt"), "utf8")).toBe("owned\n");
		expect(readFileSync(arena.tripwires.canary, "utf8")).toBe(arena.tripwires.secret);
		for (const name of ["original.txt", "twin.txt"]) {
			expect(readFileSync(at(name), "utf8")).toBe("original\nowned\n");
			// Its own two names are one file, as they were inside, and no other name is.
			expect(statSync(at(name)).nlink).toBe(2);
		}
		expect(statSync(at("original.txt")).ino).toBe(statSync(at("twin.txt")).ino);
		expect(statSync(at("linked.txt")).nlink).toBe(1);
		return "captured by content; the linked file unchanged";
	},
	control: async (ground) => {
		const linked = join(ground.directory, "linked.txt");
		linkSync(ground.tripwires.canary, linked);
		writeFileSync(linked, "owned\n");
		expect(readFileSync(ground.tripwires.canary, "utf8")).toBe("owned\n");
		unlinkSync(linked);
		return "a write in place changes the canary";
	},
});
