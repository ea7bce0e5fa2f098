import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a directory a git repository with one commit of all that is in it, under no configuration but its own. */
export function makeRepository(directory: string, files: Readonly<Record<string, string>> = {}): void {
	for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
	const git = (...words: readonly string[]) =>
		execFileSync("git", ["-C", directory, ...words], { stdio: "ignore", env: plainGitEnvironment });
	git("init", "-q", "-b", "main");
	git("add", ".");
	git("-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-qm", "base");
}

/** What git is run with: nobody's own settings. */
export const plainGitEnvironment: Readonly<Record<string, string>> = {
	PATH: process.env["PATH"] ?? "/usr/bin:/bin",
	HOME: "/nonexistent",
	GIT_CONFIG_NOSYSTEM: "1",
};
