import {
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

hostileRow({
	id: "H20",
	attack: "symlink to the outside, then a write through it",
	files: { "kept.txt": "kept\n", "folder/file.txt": "inside\n" },
	sealed: async (arena) => {
		const { directory, canary } = arena.tripwires;
		const { stdout, stderr } = await arena.shell(
			'ln -s "$1" way-out; ln -s "$2" to-file; echo owned > way-out/owned; echo owned > to-file; ls -d way-out to-file; echo tried',
			directory,
			canary,
		);
		expect(stdout).toBe("to-file\nway-out\ntried\n");
		expect(stderr.match(/nonexistent|No such file/g)).toHaveLength(2);
		// Now from the host's side, where the target is there.
		const { session } = arena;
		const through = { path: "way-out/owned", content: "owned" };
		await expect(session.call("write_file", through)).rejects.toMatchObject({ code: expect.any(String) });
		for (const path of ["way-out/canary", "to-file"]) {
			await expect(session.call("read_file", { path })).rejects.toMatchObject({ code: expect.any(String) });
		}
		await arena.commit({ kind: "worktree" });
		expect(lstatSync(join(arena.workspace, "way-out")).isSymbolicLink()).toBe(true);
		expect(readlinkSync(join(arena.workspace, "to-file"))).toBe(canary);

		// A second run over the committed link puts a directory of its own in its place.
		await using next = await arena.runtime.startSession({
			base: await arena.runtime.freeze("worktree"),
			kind: "library",
			title: "second",
			program: null,
		});
		await next.call("exec", { argv: ["sh", "-c", "rm way-out && mkdir way-out && echo mine > way-out/owned"] });
		await next.commit({ kind: "worktree" });
		expect(readFileSync(join(arena.workspace, "way-out/owned"), "utf8")).toBe("mine\n");
		return "stored as a link, never followed";
	},
	control: async (ground) => {
		const link = join(ground.directory, "way-out");
		symlinkSync(ground.tripwires.directory, link);
		writeFileSync(join(link, "owned"), "owned");
		expect(readdirSync(ground.tripwires.directory)).toContain("owned");
		return "fs.writeFile follows the link";
	},
});

hostileRow({
	id: "H20b",
	attack: "the workspace's own directory is a link by the time of the commit",
	files: { "folder/file.txt": "inside\n" },
	sealed: async (arena) => {
		await arena.shell("echo owned > folder/canary; echo owned > folder/file.txt");
		renameSync(join(arena.workspace, "folder"), join(arena.workspace, "aside"));
		symlinkSync(arena.tripwires.directory, join(arena.workspace, "folder"));
		await expect(arena.commit({ kind: "worktree" })).rejects.toMatchObject({ code: "CONFLICT" });
		expect(readlinkSync(join(arena.workspace, "folder"))).toBe(arena.tripwires.directory);
		return "a conflict; nothing written";
	},
	control: async (ground) => {
		mkdirSync(join(ground.directory, "aside"));
		symlinkSync(ground.tripwires.directory, join(ground.directory, "folder"));
		writeFileSync(join(ground.directory, "folder/canary"), "owned");
		expect(readFileSync(ground.tripwires.canary, "utf8")).toBe("owned");
		return "fs.writeFile overwrites the canary";
	},
});
