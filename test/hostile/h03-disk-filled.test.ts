import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const mebibyte = 1024 ** 2;
const cap = 16;

/** Writes many files until one does not fit or 48 MiB are there; says how much was kept. */
const flood = `
for each in 1 2 3 4 5 6; do head -c 8M /dev/urandom > flood-$each || break; done
echo "kept $(du -cm flood-* | tail -n 1 | cut -f 1)"
`;

hostileRow({
	id: "H03",
	attack: "disk filled",
	limits: { diskBytes: cap * mebibyte },
	sealed: async (arena) => {
		const flooded = await arena.shell(`${flood}rm flood-*`);
		const kept = Number(/kept (\d+)/.exec(flooded.stdout)?.[1]);
		expect(flooded.stderr).toContain("No space left on device");
		expect(kept).toBeGreaterThan(cap / 2);
		expect(kept).toBeLessThanOrEqual(cap);
		// On the host's disk is the record of the run, and nothing of the flood.
		const onDisk = Number(execFileSync("du", ["-sxm", arena.workspace], { encoding: "utf8" }).split("\t")[0]);
		expect(onDisk).toBeLessThan(cap / 2);
		return `ENOSPC at ${kept} of 48 MiB`;
	},
	control: async (ground) => {
		const flooded = await ground.shell(flood);
		expect(flooded.stderr).toBe("");
		expect(Number(/kept (\d+)/.exec(flooded.stdout)?.[1])).toBeGreaterThanOrEqual(48);
		return "48 of 48 MiB written to the host's disk";
	},
});

hostileRow({
	id: "H03b",
	attack: "sparse giant left in the tree",
	limits: { diskBytes: cap * mebibyte },
	sealed: async (arena) => {
		const startedAt = performance.now();
		const giant = arena.shell("truncate -s 1T giant && stat -c '%s %b' giant >&2");
		await expect(giant).rejects.toMatchObject({ code: "TREE_REFUSED", message: expect.stringContaining("giant") });
		expect(performance.now() - startedAt).toBeLessThan(4000);
		expect(arena.session.changes().changes).toEqual([]);
		return "refused without reading 1 TiB of nothing";
	},
	control: async (ground) => {
		const read = await ground.shell("truncate -s 60M giant; timeout 5 cat giant | wc -c");
		expect(read.stdout.trim()).toBe(String(60 * mebibyte));
		return "a naive capture reads every byte of the hole";
	},
});
