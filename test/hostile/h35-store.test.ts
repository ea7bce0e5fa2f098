import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@retake/runtime";
import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Looks everywhere for a directory of Retake's and a database, then lays down a store of its own at the usual place. */
const hunt = `
echo "searched $(find / -xdev -path /proc -prune -o -print 2>/dev/null | wc -l)"
echo "stores $(find / -path /proc -prune -o \\( -name .retake -o -name 'retake*.db*' -o -name '*.sqlite*' \\) -print 2>/dev/null | grep -v ^/usr/share | tr '\\n' ' ')"
for each in "$@"; do ls -d "$each" 2>/dev/null && echo "visible $each"; done
mkdir -p .retake/journal/forged && echo '{"state":"committed"}' > .retake/journal/forged/manifest && echo forged > .retake/retake.db && echo "forged yes"
`;

hostileRow({
	id: "H35",
	attack: "reads or forges the store, the journal, the tape",
	// It walks through all of /usr, which takes long where nothing of it has been read yet.
	limits: { timeoutMs: 60_000 },
	sealed: async (arena) => {
		const { workspace, runtime } = arena;
		const storeFiles = readdirSync(join(workspace, ".retake")).toSorted();
		const paths = [workspace, join(workspace, ".retake"), runtime.store.treesDirectory];
		const { stdout, refused } = await arena.shell(hunt, ...paths);
		const found = proofs(stdout);
		expect(Number(found["searched"])).toBeGreaterThan(20);
		expect(found).toMatchObject({ stores: "", forged: "yes" });
		expect(stdout).not.toContain("visible");
		expect(refused).toEqual([{ path: ".retake", reason: "own-directory" }]);
		// What was forged stays in the sandbox: it is in no changeset and is never committed.
		expect(arena.session.changes().changes).toEqual([]);
		await arena.commit({ kind: "worktree" });
		expect(existsSync(join(workspace, ".retake/journal/forged"))).toBe(false);
		expect(readdirSync(join(workspace, ".retake"))).toEqual(expect.arrayContaining(storeFiles));
		// Opening again recovers nothing that was not there, and the tape still holds.
		await using again = await openRuntime({ workspace, sandbox: "none" });
		expect(again.store.runs.list().map(({ runId }) => runId)).toEqual([arena.session.runId]);
		return "not visible; a forged one refused and reported";
	},
	control: async (ground) => {
		await using _runtime = await openRuntime({ workspace: ground.directory, sandbox: "none" });
		const store = join(ground.directory, ".retake");
		const { stdout } = await ground.shell(
			'ls -d "$1"; for each in "$1"/*; do head -c 15 "$each" 2>/dev/null; echo; done',
			store,
		);
		expect(stdout).toContain(store);
		expect(stdout).toContain("SQLite format 3");
		expect(readFileSync(join(store, ".gitignore"), "utf8")).toContain("*");
		return "a plain child process reads the database";
	},
});
