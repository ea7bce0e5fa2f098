import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";
import { makeRepository, plainGitEnvironment } from "./ground/make-repository.ts";

const attributes = "* filter=evil diff=evil merge=evil\n";

/** Makes a repository whose every setting that names a program names one that leaves a line in `log`. */
function plantTripwires(workspace: string, log: string): void {
	makeRepository(workspace);
	const program = (name: string): string => {
		const path = join(workspace, ".git", `tripwire-${name}`);
		writeFileSync(path, `#!/bin/sh\necho ${name} >> '${log}'\ncat 2>/dev/null\nexit 0\n`);
		chmodSync(path, 0o755);
		return path;
	};
	mkdirSync(join(workspace, ".git/tripwires"));
	for (const hook of ["pre-commit", "post-commit", "post-index-change", "reference-transaction", "post-checkout"]) {
		const path = join(workspace, ".git/tripwires", hook);
		writeFileSync(path, `#!/bin/sh\necho hook-${hook} >> '${log}'\n`);
		chmodSync(path, 0o755);
	}
	appendFileSync(
		join(workspace, ".git/config"),
		`[core]\n\tfsmonitor = ${program("fsmonitor")}\n\thooksPath = ${join(workspace, ".git/tripwires")}
	sshCommand = ${program("ssh")}\n\tpager = ${program("pager")}\n\teditor = ${program("editor")}
[filter "evil"]\n\tclean = ${program("clean")}\n\tsmudge = ${program("smudge")}\n\trequired = true
[diff "evil"]\n\ttextconv = ${program("textconv")}\n\tcommand = ${program("diff")}
[merge "evil"]\n\tdriver = ${program("merge")}
[gpg]\n\tprogram = ${program("gpg")}\n[commit]\n\tgpgSign = true\n[credential]\n\thelper = ${program("credential")}
[user]\n\tname = t\n\temail = t@t.invalid\n`,
	);
}

const logOf = (workspace: string): string => `${workspace}-tripwires.log`;

hostileRow({
	id: "H25",
	attack: "fsmonitor, hooksPath, filters, textconv, gpg, ssh, pager in config and attributes",
	files: { "README.md": "hello\n" },
	prepare: (workspace) => {
		plantTripwires(workspace, logOf(workspace));
		writeFileSync(join(workspace, ".gitattributes"), attributes);
	},
	sealed: async (arena) => {
		const { workspace, runtime } = arena;
		// All that Retake does with a repository: freeze both bases, run, commit to the tree and to a branch, freeze again.
		await arena.shell(`printf '%s' '${attributes}' > .gitattributes; echo changed > README.md; echo new > new.txt`);
		await arena.commit({ kind: "worktree" });
		for (const asked of ["HEAD", "worktree"]) {
			await using session = await runtime.startSession({
				base: await runtime.freeze(asked),
				kind: "library",
				title: asked,
				program: null,
			});
			await session.call("exec", {
				argv: ["sh", "-c", `printf '%s' '${attributes}' > .gitattributes; date > ${asked}.txt`],
			});
			await session.commit({ kind: "branch", branch: `from-${asked}`, message: "landed" });
		}
		await runtime.freeze("from-HEAD");
		expect(existsSync(logOf(workspace))).toBe(false);
		const branches = execFileSync("git", ["-C", workspace, "for-each-ref", "--format=%(refname:short)"], {
			encoding: "utf8",
		});
		expect(branches.trim().split("\n")).toEqual(["from-HEAD", "from-worktree", "main"]);
		expect(existsSync(logOf(workspace))).toBe(false);
		return "no tripwire ran";
	},
	control: async (ground) => {
		writeFileSync(join(ground.directory, "README.md"), "hello\n");
		const log = join(ground.directory, ".git/tripwires.log");
		plantTripwires(ground.directory, log);
		writeFileSync(join(ground.directory, ".gitattributes"), attributes);
		writeFileSync(join(ground.directory, "README.md"), "changed\n");
		for (const words of [["status"], ["add", "."], ["diff", "--cached"], ["commit", "-m", "x"]]) {
			spawnSync("git", ["-C", ground.directory, ...words], {
				stdio: "ignore",
				env: plainGitEnvironment,
				timeout: 5000,
			});
		}
		const ran = new Set(readFileSync(log, "utf8").trim().split("\n"));
		expect([...ran]).toEqual(expect.arrayContaining(["fsmonitor", "clean"]));
		return `git itself ran ${[...ran].toSorted().join(", ")}`;
	},
});
