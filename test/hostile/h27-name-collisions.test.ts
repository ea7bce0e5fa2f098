import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

/** Names that some file system takes for one: by case, and composed against decomposed. */
const names = ["readme.md", "README.MD", "caf\u00e9", "cafe\u0301", "\u212bngstrom", "\u00c5ngstrom"];

hostileRow({
	id: "H27",
	attack: "names that collide by case or Unicode form",
	files: { "Readme.md": "first\n" },
	sealed: async (arena) => {
		const { stdout } = await arena.shell(
			'for each in "$@"; do printf "%s" "$each" > "$each"; done; ls | wc -l',
			...names,
		);
		expect(stdout.trim()).toBe(String(names.length + 1));
		await arena.commit({ kind: "worktree" });
		const found = readdirSync(arena.workspace).filter((name) => name !== ".retake");
		expect(found.toSorted()).toEqual(["Readme.md", ...names].toSorted());
		for (const name of names) expect(readFileSync(join(arena.workspace, name), "utf8")).toBe(name);
		return `${names.length} names kept apart`;
	},
	control: async () => {
		const merged = new Map(names.map((name) => [name.normalize("NFC").toLowerCase(), name]));
		expect(merged.size).toBeLessThan(names.length);
		return `folding keeps ${merged.size} of ${names.length}`;
	},
});
