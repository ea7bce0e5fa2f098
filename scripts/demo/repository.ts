import fs, { cpSync } from "node:fs";
import { join } from "node:path";
import git from "isomorphic-git";
import type { Packages } from "./packages.ts";
import { say } from "./say.ts";

const author = { name: "Demo", email: "demo@example.invalid" };

/** Makes a git repository of the vulnerable version with its dependencies, as a maintainer would have it. */
export async function makeRepository(
	workspace: string,
	{ directory, dependencies, modules }: Packages["vulnerable"],
): Promise<void> {
	cpSync(directory, workspace, { recursive: true });
	for (const name of dependencies)
		cpSync(join(modules, name), join(workspace, "node_modules", name), { recursive: true });
	await git.init({ fs, dir: workspace, defaultBranch: "main" });
	await git.add({ fs, dir: workspace, filepath: "." });
	await git.commit({ fs, dir: workspace, message: "semver 7.5.1", author });
}

/** Prints the newest commit of a branch and the files that it changed. */
export async function showBranch(workspace: string, ref: string): Promise<void> {
	const [tip] = await git.log({ fs, dir: workspace, ref, depth: 1 });
	if (tip === undefined) throw new Error(`branch ${ref} has no commit`);
	say(`commit ${tip.oid}`);
	for (const line of tip.commit.message.trimEnd().split("\n")) say(`    ${line}`);
	const changed: string[] = [];
	await git.walk({
		fs,
		dir: workspace,
		trees: [git.TREE({ ref: "main" }), git.TREE({ ref })],
		map: async (path, [before, after]) => {
			if ((await before?.type()) === "tree" || (await after?.type()) === "tree") return;
			if ((await before?.oid()) !== (await after?.oid())) changed.push(path);
		},
	});
	for (const path of changed) say(`  changed ${path}`);
}
