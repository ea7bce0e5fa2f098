import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Blobs, MemoryTree } from "@retake/changeset";
import { readTree, type Scratch, writeTree } from "../model/directory.ts";

/** A patch, the tree that it is applied to, and how many components git is told to take off its names. */
export interface PatchCase {
	readonly tree: MemoryTree;
	readonly patch: Uint8Array;
	readonly strip: 0 | 1;
}

/** What git made of a case, and what it said about it. */
export type GitOutcome =
	| { readonly kind: "applied"; readonly tree: MemoryTree; readonly said: string }
	| { readonly kind: "refused"; readonly said: string };

/** Makes a scratch directory in memory where the system has one. */
export function memoryScratch(): Scratch {
	const path = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "corpus-"));
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const script = `
i=0
while [ -d "$i" ]; do
	strip=$(cat "$i.strip")
	( cd "$i/tree" && git apply --whitespace=nowarn "-p$strip" "../../$i.patch" 2> "../../$i.stderr" )
	echo $?
	i=$((i + 1))
done`;

/** Lets the real git apply every case in a directory of its own, from one shell. */
export function applyByGit(cases: readonly PatchCase[], blobs: Blobs): GitOutcome[] {
	using scratch = memoryScratch();
	const at = (name: string) => join(scratch.path, name);
	for (const [index, { tree, patch, strip }] of cases.entries()) {
		// One level down, so that a path which climbs out would be seen beside it and not in somebody else's place.
		mkdirSync(at(`${index}`));
		writeTree(tree, at(`${index}/tree`));
		writeFileSync(at(`${index}.patch`), patch);
		writeFileSync(at(`${index}.strip`), `${strip}`);
	}
	const environment = {
		PATH: "/usr/bin:/bin",
		LC_ALL: "C",
		HOME: scratch.path,
		GIT_CONFIG_NOSYSTEM: "1",
		GIT_CONFIG_GLOBAL: "/dev/null",
		GIT_CEILING_DIRECTORIES: "/",
	};
	const { stdout, error } = spawnSync("/bin/sh", ["-c", script], { cwd: scratch.path, env: environment });
	if (error !== undefined) throw error;
	const statuses = stdout.toString().trim().split("\n");
	if (statuses.length !== cases.length) throw new Error(`git answered ${statuses.length} of ${cases.length} cases`);
	return statuses.map((status, index) => {
		const said = readFileSync(at(`${index}.stderr`), "latin1");
		return status === "0"
			? { kind: "applied", tree: readTree(at(`${index}/tree`), blobs), said }
			: { kind: "refused", said };
	});
}
