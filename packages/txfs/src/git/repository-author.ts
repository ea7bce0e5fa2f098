import fs from "node:fs";
import git from "isomorphic-git";
import { findRepository } from "./find-repository.ts";

/** Who makes the commits of a repository that names nobody. */
const nobody = { name: "Retake", email: "retake@localhost" };

/** Returns the name and e-mail address in the repository's own configuration, or Retake's. Throws `REPOSITORY_NOT_FOUND`. */
export async function repositoryAuthor(repository: string): Promise<{ readonly name: string; readonly email: string }> {
	const { commonDirectory: gitdir } = findRepository(repository);
	const name: unknown = await git.getConfig({ fs, gitdir, path: "user.name" });
	const email: unknown = await git.getConfig({ fs, gitdir, path: "user.email" });
	return {
		name: typeof name === "string" ? name : nobody.name,
		email: typeof email === "string" ? email : nobody.email,
	};
}
