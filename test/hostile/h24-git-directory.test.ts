import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";
import { makeRepository } from "./ground/make-repository.ts";

/** Plants whatever a git program on the host would obey. */
const plant = `
mkdir -p .git/hooks .git/objects/info .git/worktrees/x sub/.git/hooks .GIT 'git~1' other
printf '#!/bin/sh\\necho owned\\n' > .git/hooks/post-commit; chmod +x .git/hooks/post-commit
printf '[core]\\n\\tfsmonitor = ./owned\\n\\thooksPath = hooks\\n' > .git/config
echo /outside > .git/objects/info/alternates
echo ../../outside > .git/worktrees/x/gitdir
echo owned > sub/.git/hooks/post-checkout; echo owned > .GIT/config; echo owned > git~1/config
echo 'gitdir: /outside' > other/.git
echo planted; echo harmless > harmless.txt`;

const planted = [".git", ".GIT", "git~1", "other/.git", "sub/.git"];

function gitState(workspace: string): string {
	const script = 'find . -type f | sort | while read -r file; do sha256sum "$file"; done; find . | sort';
	return execFileSync("sh", ["-c", script], { cwd: join(workspace, ".git"), encoding: "utf8" });
}

hostileRow({
	id: "H24",
	attack: ".git hooks, config, worktree pointers, alternates",
	files: { "README.md": "hello\n" },
	prepare: (workspace) => makeRepository(workspace),
	sealed: async (arena) => {
		const before = gitState(arena.workspace);
		const { stdout, refused } = await arena.shell(plant);
		expect(stdout).toBe("planted\n");
		expect(refused.map(({ path }) => path).toSorted()).toEqual(planted.toSorted());
		for (const { reason } of refused) expect(reason).toBe("git-directory");
		await arena.commit({ kind: "worktree" });
		expect(gitState(arena.workspace)).toBe(before);
		for (const path of planted.slice(1)) expect(existsSync(join(arena.workspace, path))).toBe(false);
		expect(existsSync(join(arena.workspace, "harmless.txt"))).toBe(true);

		await using next = await arena.runtime.startSession({
			base: await arena.runtime.freeze("HEAD"),
			kind: "library",
			title: "branch",
			program: null,
		});
		await next.call("exec", { argv: ["sh", "-c", plant] });
		await next.commit({ kind: "branch", branch: "landed" });
		const tree = execFileSync("git", ["-C", arena.workspace, "ls-tree", "-r", "--name-only", "landed"], {
			encoding: "utf8",
		});
		expect(tree.trim().split("\n")).toEqual(["README.md", "harmless.txt"]);
		return `${planted.length} refused and reported; worktree and branch clean`;
	},
	control: async (ground) => {
		makeRepository(ground.directory, { "README.md": "hello\n" });
		await ground.shell(`${plant}\nrm -rf .GIT other sub git~1`);
		expect(existsSync(join(ground.directory, ".git/hooks/post-commit"))).toBe(true);
		return "in a plain directory the hook is installed";
	},
});
