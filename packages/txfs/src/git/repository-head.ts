import { isRetakeError } from "@retake/base";
import { findRepository } from "./find-repository.ts";
import { resolveCommit } from "./resolve-commit.ts";

/** Returns the object name of the commit that a directory has checked out, or null where it is in no repository or one without commits. */
export async function repositoryHead(directory: string): Promise<string | null> {
	try {
		return await resolveCommit(findRepository(directory), "HEAD");
	} catch (error) {
		if (isRetakeError(error, "REPOSITORY_NOT_FOUND") || isRetakeError(error, "BASE_NOT_FOUND")) return null;
		throw error;
	}
}
