import { runProgram } from "./run-program.ts";

const author = ["-c", "user.name=bench", "-c", "user.email=bench@bench.invalid"];
const environment = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

/** Runs git in a working tree, without anybody's configuration. */
export function git(worktree: string, ...words: string[]): Promise<string> {
	return runProgram(["git", "-C", worktree, "-c", "gc.auto=0", ...author, ...words], { env: environment });
}

/** Makes a repository of a directory and commits everything in it. */
export async function commitAll(worktree: string): Promise<void> {
	await git(worktree, "init", "-q", "-b", "main");
	await git(worktree, "add", "-A");
	await git(worktree, "commit", "-q", "-m", "base");
}
