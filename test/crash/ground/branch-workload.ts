import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMemoryBlobs } from "@retake/changeset";
import type { BranchCommit } from "@retake/txfs";
import { changesetBetween } from "../../../packages/testkit/src/worktree/planted-tree.ts";
import { git } from "./git.ts";

const branch = "retake/crash";
const author = { name: "Re Take", email: "retake@example.org", timestamp: 1_700_000_000, timezoneOffset: -60 };
const states = [
	{ edited: "old\n", folder: null, "folder/kept": "kept\n", "folder/gone": "gone\n" },
	{ edited: "new\n", folder: null, "folder/kept": "kept\n", fresh: null, "fresh/file@755": "#!/bin/sh\n" },
	{ edited: "new\n", folder: "a file now\n", fresh: null, "fresh/file@755": "#!/bin/sh\n", link: "-> edited" },
	{ edited: "newest\n", folder: "a file now\n", fresh: null, "fresh/file@755": "#!/bin/sh\n", link: "-> fresh" },
] as const;

/** Makes a repository with one commit on `main`, dated, so that it has the same name every time. */
export function plantRepository(repository: string): void {
	mkdirSync(join(repository, "folder"), { recursive: true });
	writeFileSync(join(repository, "edited"), states[0].edited);
	writeFileSync(join(repository, "folder/kept"), states[0]["folder/kept"]);
	writeFileSync(join(repository, "folder/gone"), states[0]["folder/gone"]);
	git(repository, "init", "-q");
	git(repository, "add", "-A");
	git(repository, "commit", "-q", "-m", "base", "--date=2026-01-01T00:00:00Z");
}

/** Returns the commits that the process under fire makes one after another; the first of them makes the branch. */
export function branchCommits(repository: string): readonly BranchCommit[] {
	const blobs = createMemoryBlobs();
	// Read, not asked of git: a child would be traced along with the process under fire.
	const base = readFileSync(join(repository, ".git/refs/heads/main"), "utf8").trim();
	return states.slice(1).map((state, index) => ({
		repository,
		branch,
		base,
		changeset: changesetBetween(states[index] ?? {}, state, blobs),
		blobs,
		author,
		message: `commit ${index + 1}`,
	}));
}

/** Returns the full name of the branch's ref. */
export const branchRefName = `refs/heads/${branch}`;
