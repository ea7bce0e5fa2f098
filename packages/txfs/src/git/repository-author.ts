import { findRepository } from "./find-repository.ts";
import { readGitConfiguration } from "./git-configuration.ts";

/** Who makes the commits of a repository that names nobody. */
const nobody = { name: "Retake", email: "retake@localhost" };

/** Returns the name and e-mail address in the repository's own configuration, or Retake's. Throws `REPOSITORY_NOT_FOUND`. */
export function repositoryAuthor(repository: string): { readonly name: string; readonly email: string } {
	const settings = readGitConfiguration(findRepository(repository).commonDirectory);
	return {
		name: settings.get("user.name") || nobody.name,
		email: settings.get("user.email") || nobody.email,
	};
}
