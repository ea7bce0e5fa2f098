import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createChangeset, createMemoryBlobs, mergeChangesets, treePath } from "@retake/changeset";
import { expect, test } from "vitest";
import { memoryScratch } from "../corpus/apply-by-git.ts";
import { file } from "../model/model-tree.ts";
import { below, type Random, seeded } from "../model/random.ts";

const seed = 20_260_404;
const count = 1500;

type Sides = readonly [base: string, ours: string, theirs: string];

/** A text and two edits of it, at a few places each; some vocabularies are so small that lines repeat all the time. */
function randomSides(random: Random): Sides {
	const words = 3 + below(random, 60);
	const line = () => `line ${below(random, words)}`;
	const base = Array.from({ length: 5 + below(random, 60) }, line);
	const edited = (): string => {
		const lines = [...base];
		for (let edits = 1 + below(random, 3); edits > 0; edits--) {
			const inserted = Array.from({ length: below(random, 3) }, () =>
				random() < 0.5 ? line() : `new ${below(random, 99)}`,
			);
			lines.splice(below(random, lines.length + 1), below(random, 3), ...inserted);
		}
		return lines.join("\n") + (random() < 0.9 ? "\n" : "");
	};
	return [`${base.join("\n")}\n`, edited(), edited()];
}

const script = `
i=0
while [ -f "$i.base" ]; do
	git merge-file -p -q "$i.ours" "$i.base" "$i.theirs" > "$i.merged" 2>/dev/null
	echo $?
	i=$((i + 1))
done`;

/** What git makes of each, null where it finds a conflict. */
function mergeByGit(all: readonly Sides[]): (string | null)[] {
	using scratch = memoryScratch();
	const at = (name: string) => join(scratch.path, name);
	for (const [index, [base, ours, theirs]] of all.entries()) {
		writeFileSync(at(`${index}.base`), base);
		writeFileSync(at(`${index}.ours`), ours);
		writeFileSync(at(`${index}.theirs`), theirs);
	}
	const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME: scratch.path, GIT_CONFIG_NOSYSTEM: "1" };
	const statuses = spawnSync("/bin/sh", ["-c", script], { cwd: scratch.path, env })
		.stdout.toString()
		.trim()
		.split("\n");
	expect(statuses).toHaveLength(all.length);
	return statuses.map((status, index) => (status === "0" ? readFileSync(at(`${index}.merged`), "utf8") : null));
}

function mergeByUs([base, ...sides]: Sides): string | null {
	const blobs = createMemoryBlobs();
	const path = treePath("x");
	const was = file(blobs, base);
	const changesets = sides.map((side) => createChangeset([{ path, was, now: file(blobs, side) }]));
	const { merged, conflicts } = mergeChangesets({ changesets, blobs });
	if (conflicts.length > 0) return null;
	const now = merged.changes[0]?.now ?? was;
	return now.kind === "file" ? Buffer.from(blobs.read(now.content)).toString() : null;
}

test(`texts are merged as git merge-file merges them (${count} from seed ${seed})`, () => {
	const random = seeded(seed);
	const all = Array.from({ length: count }, () => randomSides(random));
	const gits = mergeByGit(all);
	const seen = { same: 0, bothConflict: 0, onlyGitClean: 0, onlyWeClean: 0, differ: 0 };
	for (const [index, sides] of all.entries()) {
		const [git, ours] = [gits[index] ?? null, mergeByUs(sides)];
		if (git === null && ours === null) seen.bothConflict++;
		else if (ours === null) seen.onlyGitClean++;
		else if (git === null) seen.onlyWeClean++;
		else seen[git === ours ? "same" : "differ"]++;
	}
	process.stdout.write(`${JSON.stringify(seen)}\n`);
	expect(seen.same).toBeGreaterThan(300);
	expect(seen.bothConflict).toBeGreaterThan(300);
	// Lines that repeat can be aligned in several ways, and git chooses otherwise: docs/merging.md.
	expect(seen.differ).toBeLessThanOrEqual(count / 500);
	expect(seen.onlyGitClean + seen.onlyWeClean).toBeLessThanOrEqual(count / 50);
});
