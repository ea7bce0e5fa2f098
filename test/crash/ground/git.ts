import { execFileSync } from "node:child_process";

/** Runs git in a repository, without anybody's configuration, and returns what it printed. */
export function git(repository: string, ...args: readonly string[]): string {
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
	const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
	const options = { encoding: "utf8", stdio: "pipe", env } as const;
	return execFileSync("git", ["-C", repository, ...identity, ...args], options).trim();
}

/** Returns the contents of files of a commit, by one start of git. Throws where one is missing. */
export function gitFiles(repository: string, commit: string, paths: readonly string[]): readonly Buffer[] {
	const input = paths.map((path) => `${commit}:${path}\n`).join("");
	const output = execFileSync("git", ["-C", repository, "cat-file", "--batch"], { input, maxBuffer: 2 ** 28 });
	let at = 0;
	return paths.map((path) => {
		const end = output.indexOf("\n", at);
		const size = Number(/ blob (\d+)$/.exec(output.toString("utf8", at, end))?.[1]);
		if (Number.isNaN(size)) throw new Error(`${commit} has no ${path}`);
		at = end + size + 2;
		return output.subarray(end + 1, end + 1 + size);
	});
}
