import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const make =
	"for each in 'disk b 7 0' 'null c 1 3' 'whiteout c 0 0'; do mknod $each && echo \"made $each\"; done; echo tried 3";

hostileRow({
	id: "H14",
	attack: "mknod of block and character devices, a forged whiteout",
	files: { whiteout: "do not delete me\n" },
	sealed: async (arena) => {
		const { stdout, stderr } = await arena.shell(make);
		expect(stdout).toBe("tried 3\n");
		expect(stderr.match(/not permitted|exists/g)).toHaveLength(3);
		await arena.shell("rm whiteout; mknod whiteout c 0 0; : > whiteout");
		expect(arena.session.changes().changes.map(({ path, now }) => [path, now?.kind])).toEqual([["whiteout", "file"]]);
		return "3 of 3 refused";
	},
	controlNeedsRoot: true,
	control: async (ground) => {
		const { stdout } = await ground.shell(make);
		expect(stdout).toContain("made null c 1 3");
		expect(existsSync(join(ground.directory, "null"))).toBe(true);
		return `${stdout.match(/made/g)?.length} of 3 made by root outside`;
	},
});
